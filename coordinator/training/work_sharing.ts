// How the work that is left is shared out: so that all who help finish at the same moment, counting what each needs
// before it can begin (water-filling: a worker whose start lies beyond that moment gets nothing). Pure.

import { type Expectation, expectedTime } from './worker_pace.ts';

export interface Helper {
  /** When it can begin, in monotonic milliseconds; the past counts as now. */
  readonly freeAt: number;
  readonly pace: Expectation;
}

export interface SharingPlan {
  /** The moment at which everything would be done if work could be cut at will, in monotonic milliseconds. */
  readonly finishAt: number;
  /** A worker that would finish its smallest piece after this is better left out: somebody else is done before. */
  readonly latestFinish: number;
}

/**
 * @param samples the work that nobody has yet
 * @param unit samples of the smallest piece
 */
export function planSharing(helpers: readonly Helper[], samples: number, unit: number, now: number): SharingPlan {
  const starts = helpers.map(({ freeAt, pace }) => Math.max(now, freeAt) + pace.latency);
  let finishAt = Number.POSITIVE_INFINITY;
  for (;;) {
    let speed = 0;
    let credit = samples;
    let excluded = false;
    helpers.forEach(({ pace }, index) => {
      const start = starts[index] ?? now;
      if (start >= finishAt) return;
      speed += 1 / pace.perSample;
      credit += start / pace.perSample;
    });
    const next = speed === 0 ? finishAt : credit / speed;
    for (const start of starts) excluded ||= start < finishAt && start >= next;
    finishAt = next;
    if (!excluded) break;
  }
  let quickest = Number.POSITIVE_INFINITY;
  for (const { pace } of helpers) quickest = Math.min(quickest, expectedTime(pace, unit));
  return { finishAt, latestFinish: finishAt + quickest };
}

/** Samples that a worker that begins now can do until everybody finishes; not positive if it is too late for it. */
export function samplesUntil({ finishAt }: SharingPlan, pace: Expectation, now: number): number {
  return (finishAt - now - pace.latency) / pace.perSample;
}
