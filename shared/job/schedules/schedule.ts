// What a schedule is: how the learning rate goes from the optimizer's own, in plain arithmetic, so that it is the same
// everywhere. Adding one is adding a file and a line to registered_schedules.ts.

import type * as v from 'valibot';

/** A step, as schedules see it. */
export interface SchedulePoint {
  /** The optimizer's learning rate. */
  readonly base: number;
  /** Counted from 0. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Of the whole job. */
  readonly totalSteps: number;
}

export interface ScheduleDefinition<Schema extends v.GenericSchema<unknown, { kind: string }>> {
  readonly kind: v.InferOutput<Schema>['kind'];
  readonly schema: Schema;
  readonly learningRateAt: (schedule: v.InferOutput<Schema>, point: SchedulePoint) => number;
}

/** Ties a definition's parts to its schema's type. */
export function defineSchedule<const Schema extends v.GenericSchema<unknown, { kind: string }>>(
  definition: ScheduleDefinition<Schema>,
): ScheduleDefinition<Schema> {
  return definition;
}
