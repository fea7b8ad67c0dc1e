// The workers as the trainer sees them: what each is busy with, how fast it has been, which parameters it holds. Pure.

import type { LeaseId, LeaseRecord, WorkerId } from './lease_book.ts';
import { type Expectation, Pace } from './worker_pace.ts';

export type Purpose = 'training' | 'evaluation';

/** A lease that the worker has not answered: it may still be computing it, even if it can help nobody any more. */
export interface HeldLease {
  readonly record: LeaseRecord;
  readonly purpose: Purpose;
  /** When the answer is expected, in monotonic milliseconds. */
  expectedAt: number;
  /** True once its deadline has passed, or its task is over. */
  late: boolean;
  /** Tasks in a row before it in which the worker had nothing to do. */
  readonly idleTasks: number;
}

export interface WorkerRecord {
  readonly id: WorkerId;
  /** Units of the largest shard that it may be lent. */
  readonly maximumUnits: number;
  readonly leases: Map<LeaseId, HeldLease>;
  /** By purpose, as an evaluation does a third of the work per sample; absent until the first answer. */
  readonly paces: Partial<Record<Purpose, Pace>>;
  /** The step whose parameters were last sent to it; undefined before the first. */
  parametersStep: number | undefined;
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
      parametersStep: undefined,
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
      if (worker.leases.size < window && !isLate(worker)) available.push(worker);
    }
    return available;
  }

  /**
   * Takes an answer to a lease that the worker holds, and notes what it needed for it: from when it was lent or the answer
   * before it, whichever is later. False if it holds no such lease.
   */
  answer(
    worker: WorkerRecord,
    lease: LeaseId,
    { samples, milliseconds }: { readonly samples: number; readonly milliseconds: number },
    now: number,
  ): boolean {
    const held = worker.leases.get(lease);
    if (held === undefined) return false;
    worker.leases.delete(lease);
    const elapsed = now - Math.max(held.record.lentAt, worker.answeredAt);
    worker.answeredAt = now;
    const pace = worker.paces[held.purpose];
    if (pace === undefined) worker.paces[held.purpose] = Pace.ofFirst(samples, elapsed, milliseconds);
    else pace.record(samples, elapsed, milliseconds, held.idleTasks);
    return true;
  }

  /** What the average of the measured workers takes; undefined while nobody has been measured. */
  averagePace(purpose: Purpose): Expectation | undefined {
    let measured = 0;
    let latency = 0;
    let perSample = 0;
    for (const { paces } of this.#workers.values()) {
      const pace = paces[purpose];
      if (pace === undefined) continue;
      measured += 1;
      latency += pace.latency;
      perSample += pace.perSample;
    }
    return measured === 0 ? undefined : { latency: latency / measured, perSample: perSample / measured };
  }
}

/** Whether a lease of the worker is late: until it answers, nothing is expected of it. */
export function isLate(worker: WorkerRecord): boolean {
  for (const { late } of worker.leases.values()) if (late) return true;
  return false;
}
