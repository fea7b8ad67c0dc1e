import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const batchedMatmul: OpExporter = {
  op: 'batchedMatmul',
  write(to, node) {
    const { transposedLeft, transposedRight } = node.attributes as Readonly<Record<string, boolean>>;
    const [left, right] = [to.value(inputOf(node)), to.value(inputOf(node, 1))];
    to.write(node, `${left}${transposedLeft ? '.mT' : ''} @ ${right}${transposedRight ? '.mT' : ''}`);
  },
};
