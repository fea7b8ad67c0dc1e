import { inputOf, type Tensor } from '../../../engine/ops/op.ts';
import type { Layout } from '../../../export/tensor_places.ts';
import type { OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

/** Two tensors brought to one shape, as ONNX does it too: dimensions are compared from the last one on. */
export function combination(op: string, opType: string): OpExporter {
  return {
    op,
    write(to, node) {
      const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
      const areImages = [left, right].every(({ kind, shape }) => kind === 'batch' && shape.length === 3);
      const layout = areImages ? to.layoutOf(left, right) : 'stored';
      const rank = node.output.shape.length;
      const inputs = [left, right].map((side) => sideOf(to, side, rank, layout));
      to.write(node, opType, inputs, {}, layout);
    },
  };
}

/** Behind the samples' dimension, missing ones are ones. */
function sideOf(to: OnnxWriter, side: Tensor, rank: number, layout: Layout): string {
  if (side.kind !== 'batch') return to.parameter(side);
  const value = to.value(side, layout);
  const missing = rank - side.shape.length;
  if (missing === 0) return value;
  return to.step('Reshape', [value, to.integers([0, ...Array(missing).fill(1), ...side.shape])]);
}

export const add = combination('add', 'Add');
