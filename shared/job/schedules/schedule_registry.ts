// Schedules by kind: the part of a job's schema that states one, and the learning rates that it means.

import * as v from 'valibot';
import * as registered from './registered_schedules.ts';
import type { SchedulePoint } from './schedule.ts';

const definitions = Object.values(registered);

export const scheduleSchema = v.variant(
  'kind',
  definitions.map(({ schema }) => schema),
);

/** How a job's learning rate changes. */
export type Schedule = Readonly<v.InferOutput<typeof scheduleSchema>>;

/** A step, as a job counts it. */
export interface JobPoint {
  /** The optimizer's learning rate. */
  readonly base: number;
  /** Counted from 0. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Of the whole job. */
  readonly totalSteps: number;
  /** Of the epochs that are over; none if left out. */
  readonly validationLosses?: readonly number[];
}

const none: readonly number[] = [];

function definitionOf({ kind }: Schedule) {
  const definition = definitions.find((each) => each.kind === kind);
  if (definition === undefined) throw new TypeError(`there is no schedule ${kind}`);
  return definition;
}

/** Whether the schedule looks at validation losses. */
export function needsValidation(schedule: Schedule): boolean {
  return definitionOf(schedule).needsValidation === true;
}

/** Whether a longer job would have other learning rates from its first step on. */
export function dependsOnLength(schedule: Schedule): boolean {
  return definitionOf(schedule).dependsOnLength === true;
}

/** The learning rate of a step. */
export function scheduledRate(
  schedule: Schedule,
  { base, step, stepsPerEpoch, totalSteps, validationLosses = none }: JobPoint,
): number {
  const warmUpSteps = 'warmUpSteps' in schedule ? schedule.warmUpSteps : 0;
  if (step < warmUpSteps) return (base * (step + 1)) / (warmUpSteps + 1);
  const definition = definitionOf(schedule);
  const epoch = Math.floor(step / stepsPerEpoch);
  const [behind, length] = [step - warmUpSteps, totalSteps - warmUpSteps];
  const point: SchedulePoint = { base, step: behind, totalSteps: length, epoch, validationLosses };
  // Found by the schedule's own kind, which the type of a union's members cannot say.
  return definition.learningRateAt(schedule as never, point);
}
