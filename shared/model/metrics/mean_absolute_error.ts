// mean-absolute-error: the mean distance between outputs and targets.

import { targetOf } from '../targets.ts';
import { defineMetric } from './metric.ts';

export const meanAbsoluteError = defineMetric({
  name: 'mean-absolute-error',
  options: {},
  append: (chain, labels, field) =>
    chain.node('meanAbsoluteError', 'meanAbsoluteError', [chain.last, targetOf(chain, labels, field)]),
});
