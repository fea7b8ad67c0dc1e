// The workers as the trainer sees them: what each is busy with, how fast it has been, which parameters it holds. Pure.

import type { Work } from '../../shared/work/work_kinds.ts';
import { isLate, type Lease, type LeaseId, type WorkerId } from './lease.ts';
import { type Expectation, Pace } from './worker_pace.ts';

export type WorkerState =
  /** Has nothing to do. */
  | 'idle'
  /** Holds leases, all in time. */
  | 'busy'
  /** Holds a lease that is late: until it answers, nothing is expected of it. */
  | 'late';

export interface WorkerRecord {
  readonly id: WorkerId;
  /** Units of the largest shard that it may be lent. */
  readonly maximumUnits: number;
  /** Those that it has not answered: it may still be computing them, even those that can help nobody any more. */
  readonly leases: Map<LeaseId, Lease>;
  /** By kind of work, as an evaluation does a third of the work per sample; absent until the first answer. */
  readonly paces: Partial<Record<Work['kind'], Pace>>;
  /** The version of the parameters that it was last sent; undefined before the first. */
  parameters: number | undefined;
  /** When its last answer came, in monotonic milliseconds. */
  answeredAt: number;
  /** Tasks in a row that began without anything for it. */
  idleTasks: number;
}

export class WorkerRegistry {
  readonly #workers = new Map<WorkerId, WorkerRecord>();

  get size(): number {
    return this.#workers.size;
  }

  get all(): Iterable<WorkerRecord> {
    return this.#workers.values();
  }

  join(id: WorkerId, maximumUnits = Number.POSITIVE_INFINITY): WorkerRecord {
    const worker: WorkerRecord = {
      id,
      maximumUnits,
      leases: new Map(),
      paces: {},
      parameters: undefined,
      answeredAt: 0,
      idleTasks: 0,
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

  /** Workers with fewer than `window` unanswered leases and none that is late: these can begin at once. */
  available(window: number): WorkerRecord[] {
    const available: WorkerRecord[] = [];
    for (const worker of this.#workers.values()) {
      if (worker.leases.size < window && stateOf(worker) !== 'late') available.push(worker);
    }
    return available;
  }

  /**
   * Takes the answer to a lease that the worker holds, and notes what it needed for it: from when it was lent or the
   * answer before it, whichever is later.
   * @param milliseconds what the worker says it computed
   */
  answer(worker: WorkerRecord, lease: Lease, milliseconds: number, now: number): void {
    const { work, samples, lentAt, idleTasks } = lease;
    worker.leases.delete(lease.id);
    const elapsed = now - Math.max(lentAt, worker.answeredAt);
    worker.answeredAt = now;
    const pace = worker.paces[work.kind];
    if (pace === undefined) worker.paces[work.kind] = Pace.ofFirst(samples, elapsed, milliseconds);
    else pace.record(samples, elapsed, milliseconds, idleTasks);
  }

  /** What the average of the measured workers takes; undefined while nobody has been measured. */
  averagePace(kind: Work['kind']): Expectation | undefined {
    let measured = 0;
    let latency = 0;
    let perSample = 0;
    for (const { paces } of this.#workers.values()) {
      const pace = paces[kind];
      if (pace === undefined) continue;
      measured += 1;
      latency += pace.latency;
      perSample += pace.perSample;
    }
    return measured === 0 ? undefined : { latency: latency / measured, perSample: perSample / measured };
  }
}

export function stateOf({ leases }: WorkerRecord): WorkerState {
  for (const lease of leases.values()) if (isLate(lease)) return 'late';
  return leases.size === 0 ? 'idle' : 'busy';
}
