// What a schedule is: how the learning rate goes from the optimizer's own, in plain arithmetic, so that it is the same
// everywhere. Adding one is adding a file and a line to registered_schedules.ts.

import * as v from 'valibot';
import { wholeNumber } from '../../json/numbers.ts';
import { maximumSteps } from '../limits.ts';

/** A step, as schedules see it. */
export interface SchedulePoint {
  /** The optimizer's learning rate. */
  readonly base: number;
  /** Counted from 0, behind the warm-up if there is one. */
  readonly step: number;
  /** Steps of the whole job, without the warm-up. */
  readonly totalSteps: number;
  /** Counted from 0, the warm-up included. */
  readonly epoch: number;
  /** Of the epochs that are over, oldest first; none where there is no validation set. */
  readonly validationLosses: readonly number[];
}

/** What schedules have that can begin behind a warm-up. */
export const warmUp = {
  /** Steps in which the learning rate first rises along a line; the optimizer's own is that of the step behind them. */
  warmUpSteps: v.exactOptional(wholeNumber(1, maximumSteps)),
};

export interface ScheduleDefinition<Schema extends v.GenericSchema<unknown, { kind: string }>> {
  readonly kind: v.InferOutput<Schema>['kind'];
  readonly schema: Schema;
  /** Whether it looks at validation losses: a job without a validation set cannot have it then. */
  readonly needsValidation?: true;
  /** Whether it looks at the job's length: a longer job has other learning rates from its first step on. */
  readonly dependsOnLength?: true;
  readonly learningRateAt: (schedule: v.InferOutput<Schema>, point: SchedulePoint) => number;
}

/** Ties a definition's parts to its schema's type. */
export function defineSchedule<const Schema extends v.GenericSchema<unknown, { kind: string }>>(
  definition: ScheduleDefinition<Schema>,
): ScheduleDefinition<Schema> {
  return definition;
}
