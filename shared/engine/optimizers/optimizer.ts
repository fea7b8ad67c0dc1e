// What an optimizer is: what a job states of it, its state beside the parameters, and one update from a summed
// gradient. Adding one is adding a file and a line to registered_optimizers.ts.

import type * as v from 'valibot';
import type { Engine } from '../engine.ts';
import type { Pointer } from '../kernels.ts';

/** What every optimizer's part of a job has; the schedule starts from its learning rate. */
export interface OptimizerBase {
  readonly kind: string;
  readonly learningRate: number;
}

/** A tensor of an optimizer's state: a flat f32 vector as long as the parameters. */
export interface OptimizerTensor {
  readonly name: string;
  readonly pointer: Pointer;
}

export interface Optimizer {
  /** All that an update depends on beside its arguments: checkpoints keep it, and a resumed run gets it back. */
  readonly state: readonly OptimizerTensor[];
  /**
   * Updates the parameters in place with the mean gradient, `gradientSum / samples`. `step` is the number of the update,
   * counted from 1: what depends on it must be a function of it alone, because a resumed run starts anywhere. Arguments
   * stand apart, not in a record, so that a step allocates nothing.
   * @returns whether all parameters are finite afterwards.
   */
  readonly apply: (
    parameters: Pointer,
    gradientSum: Pointer,
    samples: number,
    learningRate: number,
    step: number,
  ) => boolean;
}

export interface OptimizerDefinition<Schema extends v.GenericSchema<unknown, OptimizerBase>> {
  readonly kind: v.InferOutput<Schema>['kind'];
  readonly schema: Schema;
  readonly create: (engine: Engine, specification: v.InferOutput<Schema>, parameterCount: number) => Optimizer;
}

/** Ties a definition's parts to its schema's type. */
export function defineOptimizer<const Schema extends v.GenericSchema<unknown, OptimizerBase>>(
  definition: OptimizerDefinition<Schema>,
): OptimizerDefinition<Schema> {
  return definition;
}
