import { inputOf } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import { noLayer, type OpExporter } from '../op_exporter.ts';

/** Gates are in Keras's order: input, forget, cell, output. */
export const lstm: OpExporter = {
  op: 'lstm',
  write(to, node) {
    const [kernel, recurrent, bias] = [1, 2, 3].map((index) => to.parameter(inputOf(node, index)));
    if (kernel === undefined || recurrent === undefined || bias === undefined) throw noLayer(node, 'this lstm');
    const config = {
      units: lastOf(node.output.shape),
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      return_sequences: true,
      unit_forget_bias: false,
    };
    to.write(node, 'LSTM', [to.value(inputOf(node))], config, { kernel, recurrent_kernel: recurrent, bias });
  },
};
