// A lease: work lent to a worker until a deadline. The object is the one place that knows its terms, its deadline and its
// state; task, worker and connection refer to it.

import type { Work } from '../../shared/work/work_kinds.ts';

export type WorkerId = string & { readonly kind: 'worker id' };
export type LeaseId = number & { readonly kind: 'lease id' };

/** The name by which the trainer and the ledger know the coordinator. */
export const ownWorker = 'coordinator' as WorkerId;

export type LeaseState =
  /** Out, and in time. */
  | 'open'
  /** Its deadline has passed: its shard may be lent to others as well, its answer is still welcome. */
  | 'overdue'
  /** Its task is over; the worker may still be computing it. */
  | 'overtaken'
  /** Answered, or taken back. */
  | 'closed';

export interface Lease {
  readonly id: LeaseId;
  readonly worker: WorkerId;
  readonly work: Work;
  /** The version of the parameters that the work needs. */
  readonly parameters: number;
  readonly samples: number;
  /** A newcomer's first: its answer is compared with the one that is counted, and counts for nothing itself. */
  readonly isTrial: boolean;
  /** Monotonic milliseconds, as all moments here. */
  readonly lentAt: number;
  /** Tasks in a row before it in which the worker had nothing to do. */
  readonly idleTasks: number;
  /** After it the shard may be lent to somebody else as well. */
  deadline: number;
  /** When the answer is expected. */
  expectedAt: number;
  state: LeaseState;
}

/** Whether nothing more is expected of it in time: until it is answered, its worker gets nothing new. */
export function isLate({ state }: Lease): boolean {
  return state === 'overdue' || state === 'overtaken';
}
