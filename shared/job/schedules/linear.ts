// linear: along a line, from the optimizer's learning rate in the first step to `finalLearningRate` in the last.

import * as v from 'valibot';
import { notNegative } from '../../json/numbers.ts';
import { defineSchedule, warmUp } from './schedule.ts';

export const linear = defineSchedule({
  kind: 'linear',
  dependsOnLength: true,
  schema: v.strictObject({ kind: v.literal('linear'), finalLearningRate: notNegative, ...warmUp }),
  learningRateAt({ finalLearningRate }, { base, step, totalSteps }) {
    const last = totalSteps - 1;
    return last === 0 ? base : (base * (last - step) + finalLearningRate * step) / last;
  },
});
