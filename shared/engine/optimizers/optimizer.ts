// What an optimizer is: what a job states of it, its state beside the parameters, and one update from a summed
// gradient. Adding one is adding a file and a line to registered_optimizers.ts.

import * as v from 'valibot';
import { notNegative, positive } from '../../json/numbers.ts';
import { namePatternsSchema } from '../../model/name_patterns.ts';
import type { Engine } from '../engine.ts';
import type { Pointer } from '../kernels.ts';

/** What every optimizer's part of a job has; the schedule starts from its learning rate. */
export const optimizerBase = {
  learningRate: positive,
  /** Largest norm of the mean gradient of all parameters together: a larger one is scaled down to it. */
  clipNorm: v.exactOptional(positive),
  /** Parameters that are trained otherwise than the rest; of groups that mean the same one, the first counts. */
  groups: v.exactOptional(
    v.pipe(
      v.array(
        v.strictObject({
          /** Patterns of names. */
          names: namePatternsSchema,
          /** What their learning rate is multiplied by. */
          learningRateFactor: v.optional(notNegative, 1),
          /** In the place of the optimizer's own. */
          weightDecay: v.exactOptional(notNegative),
        }),
      ),
      v.minLength(1),
      v.maxLength(100),
    ),
  ),
};

export interface ParameterGroup {
  readonly names: readonly string[];
  readonly learningRateFactor: number;
  readonly weightDecay?: number;
}

export interface OptimizerBase {
  readonly kind: string;
  readonly learningRate: number;
  readonly clipNorm?: number;
  readonly weightDecay: number;
  readonly groups?: readonly ParameterGroup[];
}

/** A tensor of an optimizer's state: a flat f32 vector as long as the parameters. */
export interface OptimizerTensor {
  readonly name: string;
  readonly pointer: Pointer;
}

/** What a definition makes: state, and the rule that changes the parameters. */
export interface UpdateRule {
  /** All that an update depends on beside its arguments: checkpoints keep it, and a resumed run gets it back. */
  readonly state: readonly OptimizerTensor[];
  /**
   * Updates `count` parameters from `first` on, in place, with the mean gradient, `gradientSum * scale`. `step` is the number of the update,
   * counted from 1: what depends on it must be a function of it alone, because a resumed run starts anywhere. Arguments
   * stand apart, not in a record, so that a step allocates nothing.
   * @returns 1 if all parameters and the state are finite afterwards, else 0.
   */
  readonly update: (
    parameters: Pointer,
    gradientSum: Pointer,
    scale: number,
    learningRate: number,
    step: number,
    weightDecay: number,
    first: number,
    count: number,
  ) => number;
}

/** Where an element of a vector lies. */
export function elementAt(vector: Pointer, index: number): Pointer {
  return (vector + 4 * index) as Pointer;
}

/** An update rule with what all have in common: the mean over the samples, and clipping. */
export interface Optimizer extends Pick<UpdateRule, 'state'> {
  /**
   * Updates the parameters in place from a gradient summed over so many samples, which it may scale.
   * @param step the number of the update, counted from 1
   * @returns whether all parameters and the state are finite afterwards
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
  readonly create: (engine: Engine, specification: v.InferOutput<Schema>, parameterCount: number) => UpdateRule;
}

/** Ties a definition's parts to its schema's type. */
export function defineOptimizer<const Schema extends v.GenericSchema<unknown, OptimizerBase>>(
  definition: OptimizerDefinition<Schema>,
): OptimizerDefinition<Schema> {
  return definition;
}
