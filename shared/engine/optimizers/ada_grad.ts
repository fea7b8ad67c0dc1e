// AdaGrad as in PyTorch (J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
// optimization", JMLR 2011): steps by the gradient over the root of the sum of its squares so far.

import * as v from 'valibot';
import { epsilon, notNegative } from '../../json/numbers.ts';
import { defineOptimizer, elementAt, optimizerBase } from './optimizer.ts';

const schema = v.strictObject({
  kind: v.literal('ada-grad'),
  ...optimizerBase,
  epsilon: v.optional(epsilon, 1e-10),
  weightDecay: v.optional(notNegative, 0),
});

export const adaGrad = defineOptimizer({
  kind: 'ada-grad',
  schema,
  create(engine, { epsilon }, parameterCount) {
    const squareSum = engine.allocate(4 * parameterCount);
    return {
      state: [{ name: 'squareSum', pointer: squareSum }],
      update: (parameters, gradientSum, scale, learningRate, _step, weightDecay, first, count) =>
        engine.kernels.adaGrad(
          elementAt(parameters, first),
          elementAt(gradientSum, first),
          elementAt(squareSum, first),
          count,
          scale,
          learningRate,
          epsilon,
          weightDecay,
        ),
    };
  },
});
