// What a run knows of each of its workers, for those who watch.

import type { WorkerId } from '../training/lease.ts';

export interface WorkerFigures {
  readonly id: WorkerId;
  /** Leases that it holds now. */
  readonly leases: number;
  /** Milliseconds a sample, once measured. */
  readonly perSample: number | undefined;
  /** Milliseconds of a lease that are not computation, once measured. */
  readonly latency: number | undefined;
}
