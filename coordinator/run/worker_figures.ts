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

export function* figuresOf(workers: Iterable<WorkerRecord>): Generator<WorkerFigures> {
  for (const { id, leases, paces } of workers) {
    const { perSample, latency } = paces.gradient ?? {};
    yield { id, leases: leases.size, perSample, latency };
  }
}
