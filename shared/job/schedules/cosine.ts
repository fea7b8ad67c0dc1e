// cosine: along half a cosine, from the optimizer's learning rate in the first step to `finalLearningRate` in the last
// (I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5; one period).

import * as v from 'valibot';
import { notNegative } from '../../json/numbers.ts';
import { halfCosine } from './half_cosine.ts';
import { defineSchedule, warmUp } from './schedule.ts';

export const cosine = defineSchedule({
  kind: 'cosine',
  dependsOnLength: true,
  schema: v.strictObject({ kind: v.literal('cosine'), finalLearningRate: v.optional(notNegative, 0), ...warmUp }),
  learningRateAt({ finalLearningRate }, { base, step, totalSteps }) {
    const last = totalSteps - 1;
    return last === 0 ? base : finalLearningRate + (base - finalLearningRate) * halfCosine(step / last);
  },
});
