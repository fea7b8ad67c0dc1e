// Activations: functions of each element, in whatever layout the tensor is.

import { inputOf, type OpNode } from '../../engine/ops/op.ts';
import type { OpExporter } from '../op_exporter.ts';

function elementwise(op: string, expression: (x: string, node: OpNode) => string): OpExporter {
  return {
    op,
    write(to, node) {
      const layout = to.layoutOf(inputOf(node));
      to.write(node, expression(to.value(inputOf(node), layout), node), layout);
    },
  };
}

export const relu = elementwise('relu', (x) => `F.relu(${x})`);

export const sigmoid = elementwise('sigmoid', (x) => `torch.sigmoid(${x})`);

export const tanh = elementwise('tanh', (x) => `torch.tanh(${x})`);

export const softplus = elementwise('softplus', (x) => `F.softplus(${x})`);

export const silu = elementwise('silu', (x) => `F.silu(${x})`);

export const leakyRelu = elementwise('leakyRelu', (x, { attributes }) => {
  const { slope } = attributes as { readonly slope: number };
  return `F.leaky_relu(${x}, ${slope})`;
});

export const clip = elementwise('clip', (x, { attributes }) => {
  const { low, high } = attributes as { readonly low: number; readonly high: number };
  return `torch.clamp(${x}, ${low}, ${high})`;
});

export const gelu = elementwise('gelu', (x, { attributes }) => {
  const { form } = attributes as { readonly form: 'tanh' | 'exact' };
  return `F.gelu(${x}, approximate='${form === 'exact' ? 'none' : 'tanh'}')`;
});
