// softmax-cross-entropy: −log of the probability that the softmax of the outputs gives to the label.

import { InputError } from '../../errors.ts';
import { defineLoss } from './loss.ts';

export const softmaxCrossEntropy = defineLoss({
  name: 'softmax-cross-entropy',
  append(chain, labels, { name, classes }) {
    if (classes === undefined) throw new InputError(`loss softmax-cross-entropy: ${name} holds no class labels`);
    return chain.node('loss', 'softmaxCrossEntropy', [chain.last, labels]);
  },
});
