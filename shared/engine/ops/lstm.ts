// lstm: a sequence x [steps, inner] to the hidden units h [steps, units] of every step. With gates in PyTorch's order,
//
//   i, f, o = σ(x W + b + h U), g = tanh(x W + b + h U), c' = f c + i g, h' = o tanh c'
//
// weight W [inner, 4 units], recurrent weight U [units, 4 units] and bias b [4 units] hold i, f, g and o side by side:
// PyTorch's weight_ih and weight_hh transposed, and its two biases added. h and c are 0 in front of the first step.

import type { Emitter } from '../emitter.ts';
import { lastOf } from '../shape.ts';
import { inputOf, noAttributes, type Op, type OpNode, type ReferenceArguments, valuesOf } from './op.ts';
import {
  contributeProjection,
  contributeRecurrent,
  emitProjection,
  inferRecurrence,
  packedOf,
  packedTransposeOf,
  plainProduct,
  sizesOf,
} from './recurrence.ts';

export const lstm: Op = {
  name: 'lstm',
  attributes: noAttributes,
  infer: inferRecurrence('lstm', 4, ['weight', 'recurrentWeight', 'bias']),

  forward(emit, node) {
    const { samples, steps, units } = sizesOf(emit, node);
    const gates = emitProjection(emit, node, inputOf(node, 3));
    const recurrent = packedOf(emit, inputOf(node, 2));
    const scratch = emit.temporary(samples * 4 * units);
    emit.call('lstm', emit.value(node.output), cellsOf(emit, node), gates, recurrent, scratch, samples, steps, units);
  },

  gradient(emit, node) {
    const { samples, steps, units, columns } = sizesOf(emit, node);
    const gates = emit.derived(`gates of ${node.name}`, () => emit.temporary(samples * steps * columns));
    const transposed = packedTransposeOf(emit, inputOf(node, 2));
    const scratch = emit.temporary(2 * samples * units);
    const cells = cellsOf(emit, node);
    emit.call('lstmGradient', gates, emit.outputGradient(node), cells, transposed, scratch, samples, steps, units);
    contributeRecurrent(emit, node, gates);
    contributeProjection(emit, node, gates, inputOf(node, 3));
  },

  reference: (given) => unroll(given),
};

function cellsOf(emit: Emitter, node: OpNode) {
  return emit.derived(`cells of ${node.name}`, () => emit.temporary(emit.elements(node.output)));
}

function unroll(given: ReferenceArguments): Float64Array {
  const { node, samples, mathematics } = given;
  const [x, weight, recurrent, bias] = [0, 1, 2, 3].map((index) => valuesOf(given, index)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [steps = 1, units = 1] = node.output.shape;
  const inner = lastOf(inputOf(node).shape);
  const sigmoid = (value: number) => 1 / (1 + mathematics.exp(-value));
  const output = new Float64Array(samples * steps * units);
  for (let sample = 0; sample < samples; sample++) {
    let h = new Float64Array(units);
    let c = new Float64Array(units);
    for (let step = 0; step < steps; step++) {
      const row = sample * steps + step;
      const projected = plainProduct(x.subarray(row * inner, (row + 1) * inner), weight, bias);
      const sums = plainProduct(h, recurrent, projected);
      const gate = (index: number, unit: number) => sums[index * units + unit] ?? 0;
      c = c.map(
        (past, unit) => sigmoid(gate(1, unit)) * past + sigmoid(gate(0, unit)) * mathematics.tanh(gate(2, unit)),
      );
      h = c.map((cell, unit) => sigmoid(gate(3, unit)) * mathematics.tanh(cell));
      output.set(h, row * units);
    }
  }
  return output;
}
