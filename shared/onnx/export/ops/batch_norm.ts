import { inputOf } from '../../../engine/ops/op.ts';
import { float } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

/** With the running statistics. ONNX has the channels behind the samples: rows have nothing else, sequences are turned. */
export const batchNorm: OpExporter = {
  op: 'batchNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const x = inputOf(node);
    const isImage = x.shape.length === 3;
    const rank = x.shape.length;
    const isTurned = !isImage && rank > 1;
    const turn = [0, rank, ...Array.from({ length: rank - 1 }, (_, index) => index + 1)];
    const value = isImage ? to.value(x, 'channels first') : to.value(x);
    const input = isTurned ? to.step('Transpose', [value], { perm: turn }) : value;
    const inputs = [input, ...[1, 2, 3, 4].map((index) => to.parameter(inputOf(node, index)))];
    const attributes = { epsilon: float(epsilon) };
    if (!isTurned) {
      to.write(node, 'BatchNormalization', inputs, attributes, isImage ? 'channels first' : 'stored');
      return;
    }
    const back = turn.map((_, dimension) => turn.indexOf(dimension));
    to.write(node, 'Transpose', [to.step('BatchNormalization', inputs, attributes)], { perm: back });
  },
};
