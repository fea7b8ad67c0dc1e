// huber: as half the squared error near the target, as the distance from it far away, so that outliers pull no harder; the
// mean over a sample's outputs.

import * as v from 'valibot';
import { positive } from '../../json/numbers.ts';
import { targetOf } from '../targets.ts';
import { defineLoss, metricsOfTargets } from './loss.ts';

export const huber = defineLoss({
  name: 'huber',
  /** `delta`: the distance from which on it grows as a straight line. */
  options: { delta: v.optional(positive, 1) },
  metrics: metricsOfTargets,
  append: (chain, labels, field, { delta }) =>
    chain.node('loss', 'huber', [chain.last, targetOf(chain, labels, field)], { delta }),
});
