import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const oneHot: OpExporter = {
  op: 'oneHot',
  write(to, node) {
    const { classes } = node.attributes as { readonly classes: number };
    to.write(node, `F.one_hot(${to.value(inputOf(node))}.long(), ${classes}).float()`);
  },
};
