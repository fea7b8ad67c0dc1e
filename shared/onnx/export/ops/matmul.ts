import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const matmul: OpExporter = {
  op: 'matmul',
  write: (to, node) => to.write(node, 'MatMul', [to.value(inputOf(node)), to.parameter(inputOf(node, 1))]),
};
