// Adam as in PyTorch (D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015): steps by the running
// mean of the gradient over the root of that of its square, both corrected for having started at zero. Weight decay is
// decoupled from the gradient, as in AdamW (I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR
// 2019), unless the job says otherwise.

import * as v from 'valibot';
import { epsilon, fraction, notNegative } from '../../json/numbers.ts';
import { defineOptimizer, elementAt, optimizerBase } from './optimizer.ts';

const schema = v.strictObject({
  kind: v.literal('adam'),
  ...optimizerBase,
  /** How much of the gradient's running mean a step keeps. */
  beta1: v.optional(fraction, 0.9),
  /** How much of the squared gradient's running mean a step keeps. */
  beta2: v.optional(fraction, 0.999),
  /** Added to the root that steps are divided by. */
  epsilon: v.optional(epsilon, 1e-8),
  weightDecay: v.optional(notNegative, 0),
  /** Whether weights decay by themselves (AdamW), or as part of the gradient. */
  decoupled: v.optional(v.boolean(), true),
});

export const adam = defineOptimizer({
  kind: 'adam',
  schema,
  create(engine, { beta1, beta2, epsilon, decoupled }, parameterCount) {
    const firstMoment = engine.allocate(4 * parameterCount);
    const secondMoment = engine.allocate(4 * parameterCount);
    return {
      state: [
        { name: 'firstMoment', pointer: firstMoment },
        { name: 'secondMoment', pointer: secondMoment },
      ],
      update: (parameters, gradientSum, scale, learningRate, step, weightDecay, first, count) =>
        engine.kernels.adam(
          elementAt(parameters, first),
          elementAt(gradientSum, first),
          elementAt(firstMoment, first),
          elementAt(secondMoment, first),
          count,
          scale,
          learningRate,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          decoupled ? 1 : 0,
          step,
        ),
    };
  },
});
