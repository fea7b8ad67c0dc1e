// sum-of-squared-errors: ½ Σ (output − target)². Class labels become targets of 1 at the label, 0 elsewhere.

import { targetOf } from '../targets.ts';
import { defineLoss, metricsOfTargets } from './loss.ts';

export const sumOfSquaredErrors = defineLoss({
  name: 'sum-of-squared-errors',
  options: {},
  metrics: metricsOfTargets,
  append: (chain, labels, field) =>
    chain.node('loss', 'sumOfSquaredErrors', [chain.last, targetOf(chain, labels, field)]),
});
