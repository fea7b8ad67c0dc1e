// The coordinator as a worker of its own: while few others help it would mostly wait for them, so it computes a share of
// each task itself, a little at a time, between the messages that it must handle.

import type { Clock } from '../../shared/clock.ts';
import { computeWork } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { LeaseId, WorkerId } from '../training/lease_book.ts';
import type { LeasedWork, TrainerContribution } from '../training/trainer.ts';

/** What the coordinator computes itself. */
export type OwnShareMode =
  /** All of it, so that no worker is needed. */
  | 'everything'
  /** A share, while there are workers and not many. */
  | 'beside workers'
  | 'nothing';

/** The name by which the trainer and the ledger know the coordinator. */
export const ownWorker = 'coordinator' as WorkerId;

/** With more workers than this the coordinator's time is better spent on their messages. */
const maximumHelped = 8;

/** Milliseconds that a lease may keep the coordinator from its messages. */
const maximumComputation = 100;

/** So many too long ones in a row are no hiccup. */
const maximumTooLong = 3;

/**
 * Milliseconds to wait until the system has taken over what is on its way to others, for they shall begin too: enough for
 * workers on this machine, while nobody waits for a slow link.
 */
const sendingPatience = 2;

export interface OwnShareOptions {
  readonly mode: OwnShareMode;
  readonly prepared: PreparedJob;
  readonly clock: Clock;
  /** Calls back soon, when messages that have come in the meantime are handled. */
  readonly nextTurn: (callback: () => void) => void;
  /** Whether something that was sent to others still waits in this process. */
  readonly isSending: () => boolean;
  /** Whether the parameters are still those that the work asks for. */
  readonly isCurrent: (work: LeasedWork) => boolean;
  readonly onContribution: (contribution: TrainerContribution) => void;
  /** The lease was overtaken and cannot be computed any more. */
  readonly onLapsed: (lease: LeaseId) => void;
  readonly onFailed: (error: unknown) => void;
}

export class OwnShare {
  readonly #options: OwnShareOptions;
  readonly #leases = new Set<LeaseId>();
  #tooLong = 0;

  constructor(options: OwnShareOptions) {
    this.#options = options;
  }

  /** Whether the coordinator should compute beside so many workers. */
  isWanted(workers: number): boolean {
    const { mode } = this.#options;
    if (mode === 'everything') return true;
    return mode === 'beside workers' && workers > 0 && workers <= maximumHelped && this.#tooLong < maximumTooLong;
  }

  /** Units of the largest shard that it may be lent: beside others, the messages come first. */
  get maximumUnits(): number {
    return this.#options.mode === 'everything' ? Number.POSITIVE_INFINITY : 1;
  }

  /** Leases not computed yet. */
  get leases(): number {
    return this.#leases.size;
  }

  lend(lease: LeaseId, work: LeasedWork): void {
    this.#leases.add(lease);
    this.#later(lease, work, this.#options.clock.now());
  }

  /** Forgets its leases. */
  leave(): void {
    this.#leases.clear();
  }

  #later(lease: LeaseId, work: LeasedWork, lentAt: number): void {
    const { nextTurn, isSending, clock } = this.#options;
    nextTurn(() => {
      if (!this.#leases.has(lease)) return;
      if (isSending() && clock.now() - lentAt < sendingPatience) this.#later(lease, work, lentAt);
      else this.#compute(lease, work);
    });
  }

  #compute(lease: LeaseId, work: LeasedWork): void {
    const { prepared, clock, isCurrent, onContribution, onLapsed, onFailed } = this.#options;
    this.#leases.delete(lease);
    try {
      if (!isCurrent(work)) {
        onLapsed(lease);
        return;
      }
      const start = clock.now();
      const result = computeWork(prepared, work);
      const milliseconds = clock.now() - start;
      this.#tooLong = milliseconds > maximumComputation ? this.#tooLong + 1 : 0;
      onContribution({ lease, ...result, milliseconds });
    } catch (error) {
      onFailed(error);
    }
  }
}
