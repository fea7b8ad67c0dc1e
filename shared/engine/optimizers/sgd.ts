// Stochastic gradient descent as in PyTorch: g = mean gradient + weightDecay p; v = momentum v + g; p −= learning rate
// times v, or (g + momentum v) with Nesterov's momentum (Sutskever et al., "On the importance of initialization and
// momentum in deep learning", 2013). A velocity below 2^-100 in magnitude becomes 0.

import * as v from 'valibot';
import { fraction, notNegative } from '../../json/numbers.ts';
import { defineOptimizer, elementAt, optimizerBase } from './optimizer.ts';

const schema = v.pipe(
  v.strictObject({
    kind: v.literal('sgd'),
    ...optimizerBase,
    momentum: v.optional(fraction, 0),
    nesterov: v.optional(v.boolean(), false),
    weightDecay: v.optional(notNegative, 0),
  }),
  v.forward(
    v.check(
      ({ nesterov, momentum }) => !nesterov || momentum > 0,
      'expected a momentum above 0 where nesterov is true',
    ),
    ['nesterov'],
  ),
);

export type SgdSpecification = Readonly<v.InferOutput<typeof schema>>;

export const sgd = defineOptimizer({
  kind: 'sgd',
  schema,
  create(engine, { momentum, nesterov }, parameterCount) {
    const velocity = momentum === 0 ? 0 : engine.allocate(4 * parameterCount);
    return {
      state: velocity === 0 ? [] : [{ name: 'velocity', pointer: velocity }],
      update: (parameters, gradientSum, scale, learningRate, _step, weightDecay, first, count) =>
        engine.kernels.sgd(
          elementAt(parameters, first),
          elementAt(gradientSum, first),
          velocity === 0 ? 0 : elementAt(velocity, first),
          count,
          scale,
          learningRate,
          momentum,
          nesterov ? 1 : 0,
          weightDecay,
        ),
    };
  },
});
