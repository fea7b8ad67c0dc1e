// binary-cross-entropy: for labels that apply or not, each by itself; outputs are logits, one for each label, and targets say
// from 0 to 1 whether it applies. The mean over a sample's labels.

import { targetOf } from '../targets.ts';
import { defineLoss } from './loss.ts';

export const binaryCrossEntropy = defineLoss({
  name: 'binary-cross-entropy',
  options: {},
  probabilities: 'sigmoid',
  metrics: () => ['binary-accuracy'],
  append: (chain, labels, field) =>
    chain.node('loss', 'binaryCrossEntropy', [chain.last, targetOf(chain, labels, field)]),
});
