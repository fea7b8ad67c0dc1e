// plateau: times `factor` whenever the validation loss has not fallen for more than `patience` epochs, as PyTorch's
// ReduceLROnPlateau does with its relative threshold.

import * as v from 'valibot';
import { fraction, notNegative, numberWhere, wholeNumber } from '../../json/numbers.ts';
import { maximumEpochs } from '../limits.ts';
import { defineSchedule, warmUp } from './schedule.ts';

export const plateau = defineSchedule({
  kind: 'plateau',
  schema: v.strictObject({
    kind: v.literal('plateau'),
    factor: v.optional(
      numberWhere('a number above 0 and below 1', (value) => value > 0 && value < 1),
      0.1,
    ),
    /** Epochs in a row that may bring nothing. */
    patience: v.optional(wholeNumber(0, maximumEpochs), 10),
    /** By which part a loss must be less than the least before to count. */
    threshold: v.optional(fraction, 1e-4),
    /** Epochs after a reduction that are not counted. */
    cooldown: v.optional(wholeNumber(0, maximumEpochs), 0),
    minimumLearningRate: v.optional(notNegative, 0),
    ...warmUp,
  }),
  needsValidation: true,
  learningRateAt({ factor, patience, threshold, cooldown, minimumLearningRate }, { base, validationLosses }) {
    let rate = base;
    let best = Number.POSITIVE_INFINITY;
    let withoutGain = 0;
    let cooling = 0;
    for (let index = 0; index < validationLosses.length; index++) {
      const loss = validationLosses[index] ?? Number.NaN;
      const isGain = loss < best * (1 - threshold);
      withoutGain = isGain ? 0 : withoutGain + 1;
      if (isGain) best = loss;
      if (cooling > 0) {
        cooling -= 1;
        withoutGain = 0;
      }
      if (withoutGain <= patience) continue;
      rate = Math.max(rate * factor, minimumLearningRate);
      cooling = cooldown;
      withoutGain = 0;
    }
    return rate;
  },
});
