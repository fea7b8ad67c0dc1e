// binary-accuracy: the part of the labels that apply or not as the output's sign says, each by itself.

import { targetOf } from '../targets.ts';
import { defineMetric } from './metric.ts';

export const binaryAccuracy = defineMetric({
  name: 'binary-accuracy',
  options: {},
  append: (chain, labels, field) =>
    chain.node('binaryAccuracy', 'binaryAccuracy', [chain.last, targetOf(chain, labels, field)]),
});
