import { inputOf, type Tensor } from '../../engine/ops/op.ts';
import { lastOf } from '../../engine/shape.ts';
import type { OpExporter } from '../op_exporter.ts';
import type { PytorchWriter } from '../pytorch_writer.ts';

/** Gates are in PyTorch's order; it has two biases, of which ours may be the sum. */
function recurrent(op: string, type: 'LSTM' | 'GRU'): OpExporter {
  return {
    op,
    write(to, node) {
      const [weight, recurrentWeight, bias, recurrentBias] = node.inputs.slice(1) as [Tensor, Tensor, Tensor, Tensor?];
      const tensors = [
        { key: 'weight_ih_l0', tensor: weight, order: [1, 0] },
        { key: 'weight_hh_l0', tensor: recurrentWeight, order: [1, 0] },
        { key: 'bias_ih_l0', tensor: bias },
        ...(recurrentBias === undefined ? [] : [{ key: 'bias_hh_l0', tensor: recurrentBias }]),
      ];
      const x = inputOf(node);
      const sizes = `${lastOf(x.shape)}, ${lastOf(node.output.shape)}`;
      const module = to.module(node, `nn.${type}(${sizes}, batch_first=True)`, tensors);
      if (recurrentBias === undefined) addZeros(to, `${module.replace('self.', '')}.bias_hh_l0`, bias.shape);
      to.write(node, `${module}(${to.value(x)})[0]`);
    },
  };
}

function addZeros(to: PytorchWriter, name: string, shape: Tensor['shape']): void {
  to.add(name, { type: 'F32', shape, bytes: new Uint8Array(4 * (shape[0] ?? 0)) });
}

export const lstm = recurrent('lstm', 'LSTM');

export const gru = recurrent('gru', 'GRU');
