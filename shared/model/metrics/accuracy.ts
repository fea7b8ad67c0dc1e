// accuracy: the part of the labels at which the largest output stands.

import { InputError } from '../../errors.ts';
import { countingAttributes } from '../label_positions.ts';
import { defineMetric } from './metric.ts';

export const accuracy = defineMetric({
  name: 'accuracy',
  options: {},
  append(chain, labels, field) {
    if (field.classes === undefined) throw new InputError(`metric accuracy: ${field.name} holds no class labels`);
    const attributes = countingAttributes(field);
    const isPlain = Object.keys(attributes).length === 0;
    return chain.node('accuracy', 'accuracy', [chain.last, labels], isPlain ? undefined : attributes);
  },
});
