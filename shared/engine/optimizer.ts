// Optimizers: state beside the parameters, and one update from a summed gradient.

import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';

/**
 * Stochastic gradient descent as in PyTorch: g = mean gradient + weightDecay p; v = momentum v + g; p −= learning rate
 * times v, or (g + momentum v) with Nesterov's momentum (Sutskever et al., "On the importance of initialization and
 * momentum in deep learning", 2013). A velocity below 2^-100 in magnitude becomes 0.
 */
export interface OptimizerSpecification {
  readonly kind: 'sgd';
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

export interface Optimizer {
  /** Flat f32 vectors as long as the parameters; checkpoints keep them. */
  readonly state: readonly { readonly name: string; readonly pointer: Pointer }[];
  /**
   * Updates the parameters in place with the mean gradient, `gradientSum / samples`.
   * @returns whether all parameters are finite afterwards.
   */
  readonly apply: (parameters: Pointer, gradientSum: Pointer, samples: number, learningRate: number) => boolean;
}

export function createOptimizer(
  engine: Engine,
  { momentum, nesterov, weightDecay }: OptimizerSpecification,
  parameterCount: number,
): Optimizer {
  const velocity = momentum === 0 ? 0 : engine.allocate(4 * parameterCount);
  // Kept from step to step: a fraction computed anew would be boxed on its way into WebAssembly.
  let scaledSamples = 1;
  let scale = 1;
  return {
    state: velocity === 0 ? [] : [{ name: 'velocity', pointer: velocity }],
    apply(parameters, gradientSum, samples, learningRate) {
      if (samples !== scaledSamples) {
        scaledSamples = samples;
        scale = 1 / samples;
      }
      const finite = engine.kernels.sgd(
        parameters,
        gradientSum,
        velocity,
        parameterCount,
        scale,
        learningRate,
        momentum,
        nesterov ? 1 : 0,
        weightDecay,
      );
      return finite === 1;
    },
  };
}
