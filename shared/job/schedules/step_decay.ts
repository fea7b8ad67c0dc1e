// step-decay: times `factor` after every `everyEpochs` epochs.

import * as v from 'valibot';
import { positive, wholeNumber } from '../../json/numbers.ts';
import { maximumEpochs } from '../limits.ts';
import { defineSchedule, warmUp } from './schedule.ts';

export const stepDecay = defineSchedule({
  kind: 'step-decay',
  schema: v.strictObject({
    kind: v.literal('step-decay'),
    everyEpochs: wholeNumber(1, maximumEpochs),
    factor: positive,
    ...warmUp,
  }),
  learningRateAt({ everyEpochs, factor }, { base, epoch }) {
    const decays = Math.floor(epoch / everyEpochs);
    let decayed = base;
    for (let decay = 0; decay < decays; decay++) decayed *= factor;
    return decayed;
  },
});
