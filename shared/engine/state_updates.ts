// How states, running statistics, follow the steps: each by the rule that its node names.

import * as v from 'valibot';
import { numberWhere } from '../json/numbers.ts';
import type { Engine } from './engine.ts';
import type { Kernels } from './generated/kernels.ts';
import type { Pointer } from './kernels.ts';
import type { ParameterLayout, StateTensor } from './model.ts';

export const momentumSchema = numberWhere('a number above 0, at most 1', (value) => value > 0 && value <= 1);

/** `movingAverage`: state = (1 − momentum) * state + momentum * mean contribution, as in PyTorch's batch norm. */
export const stateUpdateSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('movingAverage'), momentum: momentumSchema }),
]);

export type StateUpdate = v.InferOutput<typeof stateUpdateSchema>;

/** Updates one state; returns 1 if it is finite afterwards. */
type Rule = (state: Pointer, contributionSum: Pointer, elements: number, samples: number) => number;

const rules: {
  readonly [Kind in StateUpdate['kind']]: (kernels: Kernels, update: Extract<StateUpdate, { kind: Kind }>) => Rule;
} = {
  movingAverage: ({ movingAverage }, update) => {
    const ratio = update.momentum;
    return (state, sum, elements, samples) => movingAverage(state, sum, elements, samples, ratio);
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
    return (parameters: Pointer, gradientSum: Pointer, samples: number) =>
      rule(at(parameters), at(gradientSum), elements, samples) === 1;
  });
  return (parameters, gradientSum, samples) => {
    let areFinite = true;
    for (let index = 0; index < updates.length; index++) {
      areFinite = updates[index]?.(parameters, gradientSum, samples) === true && areFinite;
    }
    return areFinite;
  };
}
