// What a job states of when it ends before its length is over, and of which weights are its result.

import * as v from 'valibot';
import { notNegative, numberWhere, wholeNumber } from '../json/numbers.ts';
import { maximumEpochs } from './limits.ts';

/** Ends the job once its validation loss no longer falls; the result are the weights of the epoch in which it was least. */
export const earlyStoppingSchema = v.strictObject({
  /** Epochs in a row that may bring nothing. */
  patience: wholeNumber(1, maximumEpochs),
  /** How much less a loss must be than the least before to count. */
  minimumImprovement: v.optional(notNegative, 0),
});

export type EarlyStopping = Readonly<v.InferOutput<typeof earlyStoppingSchema>>;

/**
 * An exponential moving average of the weights (B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by
 * averaging", 1992): measured and used in the place of those that are trained.
 */
export const averageWeightsSchema = v.strictObject({
  /** How much of the average a step keeps; the rest comes from the weights after it. */
  decay: numberWhere('a number above 0 and below 1', (value) => value > 0 && value < 1),
});

export type AverageWeights = Readonly<v.InferOutput<typeof averageWeightsSchema>>;

/** Whether a job is to end after epochs with these validation losses. */
export function stopsEarly(
  validationLosses: readonly number[],
  { patience, minimumImprovement }: EarlyStopping,
): boolean {
  let best = Number.POSITIVE_INFINITY;
  let withoutGain = 0;
  for (const loss of validationLosses) {
    const isGain = loss < best - minimumImprovement;
    withoutGain = isGain ? 0 : withoutGain + 1;
    if (isGain) best = loss;
  }
  return withoutGain >= patience;
}
