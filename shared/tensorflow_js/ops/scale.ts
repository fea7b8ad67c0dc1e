import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const scale: OpExporter = {
  op: 'scale',
  write(to, node) {
    const { factor, offset } = node.attributes as { readonly factor: number; readonly offset: number };
    to.write(node, 'Rescaling', [to.value(inputOf(node))], { scale: factor, offset });
  },
};
