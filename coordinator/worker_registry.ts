// The workers as the trainer sees them: what each is busy with, how fast it has been, which parameters it holds.
// Pure: a worker's speed is what it was seen to do, and it decides only who gets how much, never the result.

import type { LeaseId, WorkerId } from './lease_book.ts';

export interface WorkerRecord {
  readonly id: WorkerId;
  /** Leases the worker has not answered, those of past tasks included: it may still be computing them. */
  readonly leases: Set<LeaseId>;
  /** Samples a millisecond, lending to answer (so the link counts too); undefined until the first answer. */
  samplesPerMillisecond: number | undefined;
  /** The step whose parameters were last sent to it; undefined before the first. */
  parametersStep: number | undefined;
}

/** Weight of the newest measurement in the moving average of a worker's speed. */
const newestWeight = 0.25;

export class WorkerRegistry {
  readonly #workers = new Map<WorkerId, WorkerRecord>();

  get size(): number {
    return this.#workers.size;
  }

  get all(): readonly WorkerRecord[] {
    return [...this.#workers.values()];
  }

  join(id: WorkerId): WorkerRecord {
    const worker: WorkerRecord = {
      id,
      leases: new Set(),
      samplesPerMillisecond: undefined,
      parametersStep: undefined,
    };
    this.#workers.set(id, worker);
    return worker;
  }

  leave(id: WorkerId): void {
    this.#workers.delete(id);
  }

  find(id: WorkerId): WorkerRecord | undefined {
    return this.#workers.get(id);
  }

  /** Workers with fewer than `window` unanswered leases, the fastest first, those not yet measured before all. */
  available(window: number): readonly WorkerRecord[] {
    return this.all.filter((worker) => worker.leases.size < window).sort(bySpeed);
  }

  recordSpeed(worker: WorkerRecord, samples: number, milliseconds: number): void {
    const measured = samples / Math.max(milliseconds, 0.01);
    const before = worker.samplesPerMillisecond;
    worker.samplesPerMillisecond = before === undefined ? measured : before + newestWeight * (measured - before);
  }

  /** The swarm's speed: each worker's own, with workers not yet measured counted as average. */
  swarmSpeed(): SwarmSpeed {
    let measured = 0;
    let sum = 0;
    for (const { samplesPerMillisecond } of this.#workers.values()) {
      if (samplesPerMillisecond === undefined) continue;
      measured += 1;
      sum += samplesPerMillisecond;
    }
    if (measured === 0) return { average: undefined, total: undefined };
    const average = sum / measured;
    return { average, total: sum + average * (this.size - measured) };
  }
}

/** Samples a millisecond, of the average worker and of all together; undefined while nobody has been measured. */
export type SwarmSpeed =
  | { readonly average: number; readonly total: number }
  | { readonly average: undefined; readonly total: undefined };

/** The part of the swarm's speed that is this worker's, 0 to 1. */
export function speedShare(worker: WorkerRecord, swarm: SwarmSpeed, workers: number): number {
  if (swarm.average === undefined) return 1 / workers;
  return (worker.samplesPerMillisecond ?? swarm.average) / swarm.total;
}

function bySpeed(one: WorkerRecord, other: WorkerRecord): number {
  const [first, second] = [one.samplesPerMillisecond, other.samplesPerMillisecond];
  if (first === second) return 0;
  if (first === undefined) return -1;
  return second === undefined ? 1 : second - first;
}
