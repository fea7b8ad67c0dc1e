// RMSProp as in PyTorch (T. Hinton, "Neural networks for machine learning", lecture 6e, 2012): steps by the gradient over
// the root of its square's running mean; where it is centred, over the root of its running variance (A. Graves,
// "Generating sequences with recurrent neural networks", 2013, section 4.2). With momentum these steps add up.

import * as v from 'valibot';
import { epsilon, fraction, notNegative } from '../../json/numbers.ts';
import { defineOptimizer, elementAt, optimizerBase } from './optimizer.ts';

const schema = v.strictObject({
  kind: v.literal('rms-prop'),
  ...optimizerBase,
  /** How much of the running means a step keeps. */
  decay: v.optional(fraction, 0.99),
  epsilon: v.optional(epsilon, 1e-8),
  momentum: v.optional(fraction, 0),
  /** Whether steps are divided by a standard deviation, not by a root of the mean square. */
  centred: v.optional(v.boolean(), false),
  weightDecay: v.optional(notNegative, 0),
});

export const rmsProp = defineOptimizer({
  kind: 'rms-prop',
  schema,
  create(engine, { decay, epsilon, momentum, centred }, parameterCount) {
    const meanSquare = engine.allocate(4 * parameterCount);
    const mean = centred ? engine.allocate(4 * parameterCount) : 0;
    const velocity = momentum === 0 ? 0 : engine.allocate(4 * parameterCount);
    return {
      state: [
        { name: 'meanSquare', pointer: meanSquare },
        ...(mean === 0 ? [] : [{ name: 'mean', pointer: mean }]),
        ...(velocity === 0 ? [] : [{ name: 'velocity', pointer: velocity }]),
      ],
      update: (parameters, gradientSum, scale, learningRate, _step, weightDecay, first, count) =>
        engine.kernels.rmsProp(
          elementAt(parameters, first),
          elementAt(gradientSum, first),
          elementAt(meanSquare, first),
          mean === 0 ? 0 : elementAt(mean, first),
          velocity === 0 ? 0 : elementAt(velocity, first),
          count,
          scale,
          learningRate,
          decay,
          epsilon,
          momentum,
          weightDecay,
        ),
    };
  },
});
