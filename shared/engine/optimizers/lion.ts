// Lion (X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023): steps by the sign of a running mean
// of the gradient, so that all parameters move by the learning rate alone: a tenth or a third of what Adam would take, with
// three to ten times its weight decay. Half of Adam's state.

import * as v from 'valibot';
import { fraction, notNegative } from '../../json/numbers.ts';
import { defineOptimizer, elementAt, optimizerBase } from './optimizer.ts';

const schema = v.strictObject({
  kind: v.literal('lion'),
  ...optimizerBase,
  /** How much the momentum weighs against the gradient in a step. */
  beta1: v.optional(fraction, 0.9),
  /** How much of the momentum a step keeps. */
  beta2: v.optional(fraction, 0.99),
  /** Decoupled from the gradient. */
  weightDecay: v.optional(notNegative, 0),
});

export const lion = defineOptimizer({
  kind: 'lion',
  schema,
  create(engine, { beta1, beta2 }, parameterCount) {
    const momentum = engine.allocate(4 * parameterCount);
    return {
      state: [{ name: 'momentum', pointer: momentum }],
      update: (parameters, gradientSum, scale, learningRate, _step, weightDecay, first, count) =>
        engine.kernels.lion(
          elementAt(parameters, first),
          elementAt(gradientSum, first),
          elementAt(momentum, first),
          count,
          scale,
          learningRate,
          beta1,
          beta2,
          weightDecay,
        ),
    };
  },
});
