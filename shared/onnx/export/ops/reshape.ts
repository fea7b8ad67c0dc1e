import { inputOf } from '../../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

/** The samples' dimension stays as it is, which ONNX says by a zero. */
export const reshape: OpExporter = {
  op: 'reshape',
  write: (to, node) => to.write(node, 'Reshape', [to.value(inputOf(node)), to.integers([0, ...node.output.shape])]),
};
