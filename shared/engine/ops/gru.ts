// gru: a sequence x [steps, inner] to the hidden units h [steps, units] of every step. With PyTorch's equations and gates in
// its order (of the two forms in use, the one whose reset gate works behind the recurrent product),
//
//   r, z = σ(x W + b + h U + d), n = tanh(x W + b + r (h U + d)), h' = (1 − z) n + z h
//
// weight W [inner, 3 units], recurrent weight U [units, 3 units], bias b and recurrent bias d [3 units] hold r, z and n side
// by side: PyTorch's weights transposed. h is 0 in front of the first step.

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

export const gru: Op = {
  name: 'gru',
  attributes: noAttributes,
  infer: inferRecurrence('gru', 3, ['weight', 'recurrentWeight', 'bias', 'recurrentBias']),

  forward(emit, node) {
    const { samples, steps, units } = sizesOf(emit, node);
    const gates = emitProjection(emit, node, inputOf(node, 3));
    const recurrentBias = emit.value(inputOf(node, 4));
    const scratch = emit.temporary(samples * 3 * units);
    emit.call(
      'gru',
      emit.value(node.output),
      innerOf(emit, node),
      gates,
      packedOf(emit, inputOf(node, 2)),
      recurrentBias,
      scratch,
      samples,
      steps,
      units,
    );
  },

  gradient(emit, node) {
    const { samples, steps, units, columns } = sizesOf(emit, node);
    const rows = samples * steps;
    const gates = emit.derived(`gates of ${node.name}`, () => emit.temporary(rows * columns));
    const hiddenGradient = emit.temporary(rows * columns);
    emit.call(
      'gruGradient',
      gates,
      hiddenGradient,
      emit.outputGradient(node),
      emit.value(node.output),
      innerOf(emit, node),
      packedTransposeOf(emit, inputOf(node, 2)),
      emit.temporary(2 * samples * units),
      samples,
      steps,
      units,
    );
    contributeRecurrent(emit, node, hiddenGradient);
    emit.contribute(inputOf(node, 4), (target) => emit.call('sumRows', target, hiddenGradient, rows, columns));
    contributeProjection(emit, node, gates, inputOf(node, 3));
  },

  reference: (given) => unroll(given),
};

function innerOf(emit: Emitter, node: OpNode) {
  return emit.derived(`inner sums of ${node.name}`, () => emit.temporary(emit.elements(node.output)));
}

function unroll(given: ReferenceArguments): Float64Array {
  const { node, samples, mathematics } = given;
  const x = valuesOf(given);
  const [steps = 1, units = 1] = node.output.shape;
  const inner = lastOf(inputOf(node).shape);
  const sigmoid = (value: number) => 1 / (1 + mathematics.exp(-value));
  const output = new Float64Array(samples * steps * units);
  for (let sample = 0; sample < samples; sample++) {
    let h = new Float64Array(units);
    for (let step = 0; step < steps; step++) {
      const row = sample * steps + step;
      const projected = plainProduct(
        x.subarray(row * inner, (row + 1) * inner),
        valuesOf(given, 1),
        valuesOf(given, 3),
      );
      const hidden = plainProduct(h, valuesOf(given, 2), valuesOf(given, 4));
      const of = (sums: Float64Array, gate: number, unit: number) => sums[gate * units + unit] ?? 0;
      h = h.map((past, unit) => {
        const [r, z] = [0, 1].map((gate) => sigmoid(of(projected, gate, unit) + of(hidden, gate, unit))) as [
          number,
          number,
        ];
        return (1 - z) * mathematics.tanh(of(projected, 2, unit) + r * of(hidden, 2, unit)) + z * past;
      });
      output.set(h, row * units);
    }
  }
  return output;
}
