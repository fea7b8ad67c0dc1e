// Activations: functions of each element.

import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { LayerConfig, LayerOutput, LayersWriter } from '../layers_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

/** An op that is one layer. */
function layer(op: string, className: string, config: (node: OpNode) => LayerConfig): OpExporter {
  return { op, write: (to, node) => to.write(node, className, [to.value(inputOf(node))], config(node)) };
}

const activation = (op: string, name = op) => layer(op, 'Activation', () => ({ activation: name }));

export const relu = activation('relu');

export const sigmoid = activation('sigmoid');

export const tanh = activation('tanh');

export const softplus = activation('softplus');

export const silu = activation('silu', 'swish');

export const leakyRelu = layer('leakyRelu', 'LeakyReLU', ({ attributes }) => {
  const { slope } = attributes as { readonly slope: number };
  return { alpha: slope };
});

/** What is above `low`, cut at both ends, and put back. */
export const clip: OpExporter = {
  op: 'clip',
  write(to, node) {
    const { low, high } = node.attributes as { readonly low: number; readonly high: number };
    const moved = rescaled(to, to.value(inputOf(node)), 1, -low);
    const cut = to.step('ReLU', [moved], moved.shape, { config: { max_value: high - low } });
    to.write(node, 'Rescaling', [cut], { scale: 1, offset: low });
  },
};

/** TensorFlow.js has both forms, but its reader changes the name of the one, `gelu_new`, and then does not know it. */
export const gelu: OpExporter = {
  op: 'gelu',
  write(to, node) {
    const { form } = node.attributes as { readonly form: 'tanh' | 'exact' };
    const x = to.value(inputOf(node));
    if (form === 'exact') to.write(node, 'Activation', [x], { activation: 'gelu' });
    else to.write(node, 'Multiply', [x, slope(to, x)]);
  },
};

/** (1 + tanh(√(2 / π) (x + 0.044715 x³))) / 2 */
function slope(to: LayersWriter, x: LayerOutput): LayerOutput {
  const root = Math.sqrt(2 / Math.PI);
  const square = to.step('Multiply', [x, x], x.shape);
  const inner = to.step('Multiply', [x, rescaled(to, square, root * 0.044715, root)], x.shape);
  const bent = to.step('Activation', [inner], x.shape, { config: { activation: 'tanh' } });
  return rescaled(to, bent, 0.5, 0.5);
}

export function rescaled(to: LayersWriter, x: LayerOutput, scale: number, offset: number): LayerOutput {
  return to.step('Rescaling', [x], x.shape, { config: { scale, offset } });
}
