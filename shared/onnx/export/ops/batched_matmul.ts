import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import type { OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

export const batchedMatmul: OpExporter = {
  op: 'batchedMatmul',
  write(to, node) {
    const { transposedLeft, transposedRight } = node.attributes as Readonly<Record<string, boolean>>;
    const inputs = [side(to, node, 0, transposedLeft), side(to, node, 1, transposedRight)];
    to.write(node, 'MatMul', inputs);
  },
};

function side(to: OnnxWriter, node: OpNode, index: number, isTransposed = false): string {
  const tensor = inputOf(node, index);
  if (!isTransposed) return to.value(tensor);
  // Behind the samples' dimension.
  const order = [...Array(tensor.shape.length + 1).keys()];
  const [last = 0, other = 0] = [order.pop(), order.pop()];
  return to.step('Transpose', [to.value(tensor)], { perm: [...order, last, other] });
}
