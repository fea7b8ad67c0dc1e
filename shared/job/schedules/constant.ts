// constant: the optimizer's learning rate in every step.

import * as v from 'valibot';
import { defineSchedule, warmUp } from './schedule.ts';

export const constant = defineSchedule({
  kind: 'constant',
  schema: v.strictObject({ kind: v.literal('constant'), ...warmUp }),
  learningRateAt: (_schedule, { base }) => base,
});
