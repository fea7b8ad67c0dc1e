// How states, running statistics, follow the steps: each by the rule that its node names.

import * as v from 'valibot';
import { numberWhere } from '../json/numbers.ts';
import type { Engine } from './engine.ts';
import type { Kernels } from './generated/kernels.ts';
import type { Pointer } from './kernels.ts';
import type { ParameterLayout, StateTensor } from './model.ts';

const momentum = numberWhere('a number above 0, at most 1', (value) => value > 0 && value <= 1);

/** `movingAverage`: state = (1 − momentum) * state + momentum * mean contribution, as in PyTorch's batch norm. */
export const stateUpdateSchema = v.variant('kind', [v.strictObject({ kind: v.literal('movingAverage'), momentum })]);

export type StateUpdate = v.InferOutput<typeof stateUpdateSchema>;

/** Updates one state; returns 1 if it is finite afterwards. `scale` is 1 / samples. */
type Rule = (state: Pointer, contributionSum: Pointer, elements: number, scale: number) => number;

const rules: {
  readonly [Kind in StateUpdate['kind']]: (kernels: Kernels, update: Extract<StateUpdate, { kind: Kind }>) => Rule;
} = {
  movingAverage: ({ movingAverage }, update) => {
    const ratio = update.momentum;
    return (state, sum, elements, scale) => movingAverage(state, sum, elements, scale, ratio);
  },
};

/**
 * Updates the states in the flat parameters from the step's summed contributions, the flat gradient; allocates nothing.
 * @returns whether all states are finite afterwards.
 */
export type UpdateStates = (parameters: Pointer, gradientSum: Pointer, samples: number) => boolean;

export function createStateUpdates({ kernels }: Engine, { tensors }: ParameterLayout): UpdateStates {
  const states = tensors.filter((tensor): tensor is StateTensor => tensor.kind === 'state');
  const updates = states.map(({ offset, elements, update }) => {
    const rule = rules[update.kind](kernels, update);
    const at = (base: Pointer) => (base + 4 * offset) as Pointer;
    return (parameters: Pointer, gradientSum: Pointer, scale: number) =>
      rule(at(parameters), at(gradientSum), elements, scale) === 1;
  });
  // Kept from step to step: a fraction computed anew would be boxed on its way into WebAssembly.
  let scaledSamples = 1;
  let scale = 1;
  return (parameters, gradientSum, samples) => {
    if (samples !== scaledSamples) {
      scaledSamples = samples;
      scale = 1 / samples;
    }
    let areFinite = true;
    for (let index = 0; index < updates.length; index++) {
      areFinite = updates[index]?.(parameters, gradientSum, scale) === true && areFinite;
    }
    return areFinite;
  };
}
