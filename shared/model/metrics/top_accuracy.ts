// top-k-accuracy: the part of the labels whose output is among the k largest.

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { wholeNumber } from '../../json/numbers.ts';
import { countingAttributes } from '../label_positions.ts';
import { defineMetric } from './metric.ts';

export const topAccuracy = defineMetric({
  name: 'top-k-accuracy',
  options: { k: v.optional(wholeNumber(1, 1000), 5) },
  append(chain, labels, field, { k }) {
    if (field.classes === undefined) throw new InputError(`metric top-k-accuracy: ${field.name} holds no class labels`);
    return chain.node(`top${k}Accuracy`, 'topAccuracy', [chain.last, labels], { ...countingAttributes(field), k });
  },
});
