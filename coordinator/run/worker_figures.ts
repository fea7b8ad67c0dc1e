// What a run knows of each of its workers, for those who watch.

import type { WorkerId } from '../training/lease.ts';
import type { WorkerRecord } from '../training/worker_registry.ts';

export interface WorkerFigures {
  readonly id: WorkerId;
  /** Leases that it holds now. */
  readonly leases: number;
  /** Milliseconds a sample, once measured. */
  readonly perSample: number | undefined;
  /** Milliseconds of a lease that are not computation, once measured. */
  readonly latency: number | undefined;
}

/** Of those who compute, and of those who wait in the lobby. */
export function* figuresOf(working: Iterable<WorkerRecord>, waiting: Iterable<WorkerId>): Generator<WorkerFigures> {
  for (const id of waiting) yield { id, leases: 0, perSample: undefined, latency: undefined };
  for (const { id, leases, paces } of working) {
    const { perSample, latency } = paces.gradient ?? {};
    yield { id, leases: leases.size, perSample, latency };
  }
}
