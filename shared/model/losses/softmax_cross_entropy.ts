// softmax-cross-entropy: −log of the probability that the softmax of the outputs gives to the label. Where a sample has
// several labels, one for each position, its loss is the mean over the positions.

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { fraction } from '../../json/numbers.ts';
import { countingAttributes } from '../label_positions.ts';
import { defineLoss } from './loss.ts';

export const softmaxCrossEntropy = defineLoss({
  name: 'softmax-cross-entropy',
  /** `labelSmoothing`: the part of the target that is spread evenly over all classes. */
  options: { labelSmoothing: v.optional(fraction, 0) },
  probabilities: 'softmax',
  metrics: ({ classes }) => (classes === undefined ? [] : ['accuracy']),
  append(chain, labels, field, { labelSmoothing }) {
    if (field.classes === undefined) {
      throw new InputError(`loss softmax-cross-entropy: ${field.name} holds no class labels`);
    }
    const smoothing = labelSmoothing === 0 ? undefined : { labelSmoothing };
    const attributes = { ...countingAttributes(field), ...smoothing };
    const isPlain = Object.keys(attributes).length === 0;
    return chain.node('loss', 'softmaxCrossEntropy', [chain.last, labels], isPlain ? undefined : attributes);
  },
});
