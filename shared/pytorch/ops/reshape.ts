import { inputOf } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

export const reshape: OpExporter = {
  op: 'reshape',
  write: (to, node) => to.write(node, `${to.value(inputOf(node))}.reshape(${[-1, ...node.output.shape].join(', ')})`),
};
