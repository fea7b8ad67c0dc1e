// The coordinator as a worker of its own: while few others help it would mostly wait for them, so it computes a share of
// each task itself, a little at a time, between the messages that it must handle.

import type { Clock } from '../../shared/clock.ts';
import type { Crew } from '../../shared/crew/crew.ts';
import { computeWork } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import { type Lease, ownWorker } from '../training/lease.ts';
import type { WorkerLink, WorkerLinkHandlers } from './worker_link.ts';

/** What the coordinator computes itself. */
export type OwnShareMode =
  /** All of it, so that no worker is needed. */
  | 'everything'
  /** All of it while there are no workers, and a share while there are some and not many. */
  | 'alone or beside workers'
  /** A share, while there are workers and not many. */
  | 'beside workers'
  | 'nothing';

/** With more workers than this the coordinator's time is better spent on their messages. */
const maximumHelped = 8;

/** Milliseconds that a lease may keep the coordinator from its messages. */
const maximumComputation = 100;

/** So many too long ones in a row are not a hiccup: the own share rests. */
const maximumTooLong = 3;

/** Milliseconds of the first rest; each one that did not help is followed by one twice as long. */
const firstRest = 10_000;
const longestRest = 10 * 60_000;

/**
 * Milliseconds to wait until the system has taken over what is on its way to others, so that they can begin too: enough for
 * workers on this machine, while nobody waits for a slow link.
 */
const sendingPatience = 2;

export interface OwnShareOptions extends WorkerLinkHandlers {
  readonly mode: OwnShareMode;
  readonly prepared: PreparedJob;
  /** What computes its leases. */
  readonly crew: Pick<Crew, 'compute' | 'threads'>;
  readonly clock: Clock;
  /** Calls back soon, when messages that have come in the meantime are handled. */
  readonly nextTurn: (callback: () => void) => void;
  /** Whether something that was sent to others still waits in this process. */
  readonly isSending: () => boolean;
  /** The version of the parameters as they are. */
  readonly version: () => number;
  /** Those that work could be shared with. */
  readonly workers: () => number;
  /** Whether there is work that only the coordinator can do, or still is, where there was. */
  readonly isNeeded: (wasNeeded: boolean) => boolean;
  /** Whether the run has left its lobby. */
  readonly hasBegun: () => boolean;
  /** The coordinator computes from now on, shards of at most so many units. @param isShare not what only it can do */
  readonly onJoined: (maximumUnits: number, isShare: boolean) => void;
  readonly onLeft: (reason: string, isShare: boolean) => void;
}

export class OwnShare implements WorkerLink {
  readonly #options: OwnShareOptions;
  readonly #leases = new Set<Lease>();
  /** Units of the largest shard that it may be lent; 0 while it does not compute. */
  #units = 0;
  #isStopped = false;
  #isNeeded = false;
  /** Whether it joined for a share, not for what only it can do. */
  #isShare = false;
  #tooLong = 0;
  /** Whether a whole task takes too long at once. */
  #isSlow = false;
  #nextRest = firstRest;
  #cancelRest: (() => void) | undefined;

  constructor(options: OwnShareOptions) {
    this.#options = options;
  }

  /** Joins the computing or leaves it, as is best beside the workers that are here. */
  review(): void {
    if (!this.#isStopped && this.#options.hasBegun()) this.#decide();
  }

  /** The same, where it has become needed or is no longer, which may be at the run's very end. */
  reviewNeed(): void {
    if (this.#options.isNeeded(this.#isNeeded) !== this.#isNeeded) this.#decide();
  }

  #decide(): void {
    const { isNeeded, onJoined, onLeft } = this.#options;
    const workers = this.#options.workers();
    this.#isNeeded = isNeeded(this.#isNeeded);
    const before = this.#units;
    this.#units = this.#isNeeded || this.#isWanted(workers) ? this.#unitsBeside(workers) : 0;
    if (this.#units === before) return;
    // Who only changes the size of its leases has not left as far as anybody is told.
    const isChange = this.#units > 0 && before > 0;
    if (before > 0) {
      this.leave();
      const reason = workers === 0 ? 'nobody is left to help' : 'its time is needed for the messages';
      onLeft(reason, this.#isShare && !isChange);
    }
    if (this.#units === 0) return;
    if (!isChange) this.#isShare = !this.#isNeeded;
    onJoined(this.#units, this.#isShare && !isChange);
  }

  #isWanted(workers: number): boolean {
    const { mode } = this.#options;
    if (mode === 'everything' || mode === 'nothing') return mode === 'everything';
    if (workers === 0) return mode === 'alone or beside workers';
    return workers <= maximumHelped && this.#cancelRest === undefined;
  }

  /** Beside others, the messages come first: a unit for each thread, which takes as long as one does. */
  #unitsBeside(workers: number): number {
    const { mode, crew } = this.#options;
    if (mode === 'everything') return Number.POSITIVE_INFINITY;
    const isAlone = mode === 'alone or beside workers' && workers === 0;
    return isAlone && !this.#isSlow ? Number.POSITIVE_INFINITY : crew.threads;
  }

  /** Whether it computes, or has left as the trainer may not have heard yet. */
  get isJoined(): boolean {
    return this.#units > 0;
  }

  /** Leases not computed yet. */
  get leases(): number {
    return this.#leases.size;
  }

  /** They are here already. */
  sendParameters(): void {}

  lend(lease: Lease): void {
    this.#leases.add(lease);
    this.#later(lease, this.#options.clock.now());
  }

  /** Forgets its leases. */
  leave(): void {
    this.#leases.clear();
  }

  /** Calls off everything that is scheduled; nothing is begun any more. */
  stop(): void {
    this.#isStopped = true;
    this.leave();
    this.#cancelRest?.();
  }

  #later(lease: Lease, lentAt: number): void {
    const { nextTurn, isSending, clock } = this.#options;
    nextTurn(() => {
      if (!this.#leases.has(lease)) return;
      if (isSending() && clock.now() - lentAt < sendingPatience) this.#later(lease, lentAt);
      else this.#compute(lease);
    });
  }

  #compute(lease: Lease): void {
    const { prepared, crew, clock, version, onContribution, onRefused, onFailed } = this.#options;
    this.#leases.delete(lease);
    try {
      if (lease.parameters !== version()) {
        onRefused(ownWorker, lease.id); // It was overtaken, and its parameters are gone.
        return;
      }
      const start = clock.now();
      const result = computeWork(prepared, lease.work, crew);
      const { digest } = prepared.state.gradients.inspect(result.gradient, result);
      const milliseconds = clock.now() - start;
      this.#note(milliseconds);
      onContribution(ownWorker, { lease: lease.id, ...result, digest, milliseconds });
    } catch (error) {
      onFailed(error);
    }
  }

  /** A machine that is busy for a minute costs the share a rest, not the whole run. */
  #note(milliseconds: number): void {
    const { mode, clock } = this.#options;
    this.#tooLong = milliseconds > maximumComputation ? this.#tooLong + 1 : 0;
    if (this.#tooLong === 0) this.#nextRest = firstRest;
    if (this.#tooLong < maximumTooLong || mode === 'everything') return;
    this.#tooLong = 0;
    this.#isSlow = true;
    if (this.#options.workers() === 0) return;
    this.#cancelRest = clock.schedule(this.#nextRest, () => {
      this.#cancelRest = undefined;
      this.review();
    });
    this.#nextRest = Math.min(longestRest, 2 * this.#nextRest);
  }
}
