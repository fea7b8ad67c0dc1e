// one-cycle: up to the optimizer's learning rate and down to nearly nothing, along half a cosine each (L. Smith, N. Topin,
// "Super-convergence", 2018), as PyTorch's OneCycleLR does in two phases. The momentum stays as it is.

import * as v from 'valibot';
import { numberWhere } from '../../json/numbers.ts';
import { halfCosine } from './half_cosine.ts';
import { defineSchedule } from './schedule.ts';

const divisor = numberWhere('a number of at least 1', (value) => value >= 1 && value < Number.POSITIVE_INFINITY);

export const oneCycle = defineSchedule({
  kind: 'one-cycle',
  dependsOnLength: true,
  schema: v.strictObject({
    kind: v.literal('one-cycle'),
    /** The part of all steps in which the learning rate rises. */
    rising: v.optional(
      numberWhere('a number above 0 and below 1', (value) => value > 0 && value < 1),
      0.3,
    ),
    /** The first step's learning rate is the optimizer's over this. */
    initialDivisor: v.optional(divisor, 25),
    /** The last step's is the first one's over this. */
    finalDivisor: v.optional(divisor, 1e4),
  }),
  learningRateAt({ rising, initialDivisor, finalDivisor }, { base, step, totalSteps }) {
    const peak = Math.max(0, rising * totalSteps - 1);
    const last = totalSteps - 1;
    const initial = base / initialDivisor;
    if (step < peak) return between(initial, base, step / peak);
    return last <= peak ? base : between(base, initial / finalDivisor, (step - peak) / (last - peak));
  },
});

function between(from: number, to: number, t: number): number {
  return to + (from - to) * halfCosine(t);
}
