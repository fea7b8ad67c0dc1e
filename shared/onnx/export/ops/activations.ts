// Activations: functions of each element, in whatever layout the tensor is.

import { inputOf, type OpNode } from '../../../engine/ops/op.ts';
import { type AttributeValue, float, type OnnxWriter } from '../onnx_writer.ts';
import type { OpExporter } from '../op_exporter.ts';

/** Writes what makes of the value `x` what the node gives, and returns the last step's operator and inputs. */
type Last = readonly [opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue>>];

function elementwise(op: string, last: (to: OnnxWriter, x: string, node: OpNode) => Last): OpExporter {
  return {
    op,
    write(to, node) {
      const layout = to.layoutOf(inputOf(node));
      const [opType, inputs, attributes] = last(to, to.value(inputOf(node), layout), node);
      to.write(node, opType, inputs, attributes, layout);
    },
  };
}

export const relu = elementwise('relu', (_to, x) => ['Relu', [x]]);

export const sigmoid = elementwise('sigmoid', (_to, x) => ['Sigmoid', [x]]);

export const tanh = elementwise('tanh', (_to, x) => ['Tanh', [x]]);

export const softplus = elementwise('softplus', (_to, x) => ['Softplus', [x]]);

export const silu = elementwise('silu', (to, x) => ['Mul', [x, to.step('Sigmoid', [x])]]);

export const leakyRelu = elementwise('leakyRelu', (_to, x, { attributes }) => {
  const { slope } = attributes as { readonly slope: number };
  return ['LeakyRelu', [x], { alpha: float(slope) }];
});

export const clip = elementwise('clip', (to, x, { attributes }) => {
  const { low, high } = attributes as { readonly low: number; readonly high: number };
  return ['Clip', [x, to.number(low), to.number(high)]];
});

/** Gelu is an operator from operator set 20 on only. */
export const gelu = elementwise('gelu', (to, x, { attributes }) => {
  const { form } = attributes as { readonly form: 'tanh' | 'exact' };
  const slope =
    form === 'exact'
      ? to.step('Erf', [to.step('Mul', [x, to.number(Math.SQRT1_2)])])
      : to.step('Tanh', [to.step('Mul', [cubed(to, x), to.number(Math.sqrt(2 / Math.PI))])]);
  return ['Mul', [to.step('Mul', [x, to.number(0.5)]), to.step('Add', [slope, to.number(1)])]];
});

/** x + 0.044715 x³ */
function cubed(to: OnnxWriter, x: string): string {
  const square = to.step('Mul', [x, x]);
  const factor = to.step('Add', [to.step('Mul', [square, to.number(0.044715)]), to.number(1)]);
  return to.step('Mul', [x, factor]);
}
