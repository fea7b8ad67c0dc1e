// mean-squared-error: the mean of (output − target)² over a sample's outputs.

import { targetOf } from '../targets.ts';
import { defineLoss, metricsOfTargets } from './loss.ts';

export const meanSquaredError = defineLoss({
  name: 'mean-squared-error',
  options: {},
  metrics: metricsOfTargets,
  append: (chain, labels, field) =>
    chain.node('loss', 'meanSquaredError', [chain.last, targetOf(chain, labels, field)]),
});
