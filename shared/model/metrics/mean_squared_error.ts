// mean-squared-error: the mean of (output − target)², where the loss is another.

import { targetOf } from '../targets.ts';
import { defineMetric } from './metric.ts';

export const meanSquaredError = defineMetric({
  name: 'mean-squared-error',
  options: {},
  append: (chain, labels, field) =>
    chain.node('meanSquaredError', 'meanSquaredError', [chain.last, targetOf(chain, labels, field)]),
});
