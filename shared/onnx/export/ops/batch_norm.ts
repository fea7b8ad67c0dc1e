import { inputOf } from '../../../engine/ops/op.ts';
import { float } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';
import { writeByChannel } from './channels.ts';

/** With the running statistics. */
export const batchNorm: OpExporter = {
  op: 'batchNorm',
  write(to, node) {
    const { epsilon } = node.attributes as { readonly epsilon: number };
    const parameters = [1, 2, 3, 4].map((index) => to.parameter(inputOf(node, index)));
    writeByChannel(to, node, (x, last) => last('BatchNormalization', [x, ...parameters], { epsilon: float(epsilon) }));
  },
};
