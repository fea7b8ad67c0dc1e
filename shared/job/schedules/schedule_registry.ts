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

export function scheduledRate(schedule: Schedule, point: SchedulePoint): number {
  const definition = definitions.find(({ kind }) => kind === schedule.kind);
  if (definition === undefined) throw new TypeError(`there is no schedule ${schedule.kind}`);
  // Found by the schedule's own kind, which the type of a union's members cannot say.
  return definition.learningRateAt(schedule as never, point);
}
