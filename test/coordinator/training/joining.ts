// Workers as they join.

import type { WorkerId } from '../../../coordinator/training/lease.ts';
import type { JoiningWorker } from '../../../coordinator/training/worker_registry.ts';

/** One of the coordinator's own making. */
export function trusted(name: string): JoiningWorker {
  return { id: name as WorkerId, isTrusted: true, source: 'here' };
}

/** One that nobody knows; by default unrelated to all others. */
export function stranger(name: string, source = name): JoiningWorker {
  return { id: name as WorkerId, isTrusted: false, source };
}
