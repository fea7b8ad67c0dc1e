// What a machine computes of the run that it coordinates, by what its user has asked for.

import { availableThreads } from '../../shared/node/cpu_quota.ts';
import type { OwnShareMode } from './own_share.ts';

export interface AskedOfThisMachine {
  /** Whether the coordinator computes a share itself. */
  readonly ownShare: boolean;
  /** Worker processes; what is sensible if it is absent. */
  readonly workers?: number | undefined;
  /** Threads by which the coordinator computes; what is sensible if it is absent. */
  readonly threads?: number | undefined;
}

export interface ComputedHere {
  readonly ownShare: OwnShareMode;
  readonly workers?: number;
  readonly threads?: number;
}

/** A crew of threads in the coordinator's own process, unless worker processes are asked for. */
export function computedHere({ ownShare, workers, threads }: AskedOfThisMachine): ComputedHere {
  if (!ownShare) return { ownShare: 'nothing', workers: workers ?? availableThreads() };
  // With processes of its own beside it, the coordinator has a core.
  if (workers !== undefined) return { ownShare: 'beside workers', workers, threads: threads ?? 1 };
  return { ownShare: 'alone or beside workers', threads: threads ?? availableThreads() };
}
