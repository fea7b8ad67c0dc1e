// What a worker is doing, as its leases tell. Pure.

import { isLate, type Lease, type LeaseId } from './lease.ts';

export type WorkerState =
  /** Has nothing to do. */
  | 'idle'
  /** Holds leases, all in time. */
  | 'busy'
  /** Holds a lease that is late: until it answers, nothing is expected of it. */
  | 'late';

/** Whoever holds leases that it has not answered. */
interface LeaseHolder {
  readonly leases: ReadonlyMap<LeaseId, Lease>;
}

export function stateOf({ leases }: LeaseHolder): WorkerState {
  for (const lease of leases.values()) if (isLate(lease)) return 'late';
  return leases.size === 0 ? 'idle' : 'busy';
}

/** Whether it can begin at once with one more, where it may hold so many. */
export function canBegin(worker: LeaseHolder, window: number): boolean {
  return worker.leases.size < window && stateOf(worker) !== 'late';
}

/** When the worker can begin with something new, in monotonic milliseconds. */
export function startOf({ leases }: LeaseHolder, now: number): number {
  let start = now;
  for (const { expectedAt } of leases.values()) start = Math.max(start, expectedAt);
  return start;
}

/** From when on the worker should have answered something that it has not; infinite if it has answered all. */
export function overdueAt({ leases }: LeaseHolder): number {
  let at = Number.POSITIVE_INFINITY;
  for (const { deadline } of leases.values()) at = Math.min(at, deadline);
  return at;
}
