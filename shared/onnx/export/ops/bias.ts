import { inputOf, type Tensor } from '../../../engine/ops/op.ts';
import type { OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

export const bias: OpExporter = {
  op: 'bias',
  write(to, node) {
    const x = inputOf(node);
    const layout = to.layoutOf(x);
    const b = layout === 'stored' ? to.parameter(inputOf(node, 1)) : perChannel(to, inputOf(node, 1));
    to.write(node, 'Add', [to.value(x, layout), b], {}, layout);
  },
};

/** [channels] as [channels, 1, 1], to meet images whose channels come first. */
function perChannel(to: OnnxWriter, parameter: Tensor): string {
  return to.constant(parameter.name, to.weightsOf(parameter), [...parameter.shape, 1, 1]);
}
