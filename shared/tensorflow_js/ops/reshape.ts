import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const reshape: OpExporter = {
  op: 'reshape',
  write: (to, node) => to.define(node, to.reshaped(to.value(inputOf(node)), node.output.shape)),
};
