// When a connection that was accepted is read. Every one costs processor time that training could use, so that only so many
// are let in by time, each source in turn; and those of a source that come faster than it may wait before they take part.
// That slows down whoever opens one after the other, and refuses nobody who is not far too quick.

import type { Clock } from '../../shared/clock.ts';
import { sourceOf } from '../connections/admission.ts';
import { LeakyBucket } from '../connections/leaky_bucket.ts';
import type { Limits } from '../connections/limits.ts';
import { SourceBuckets } from '../connections/source_buckets.ts';
import { FairQueue } from './fair_queue.ts';

export type OpeningLimits = Pick<Limits, 'openings' | 'openingsPerAddress' | 'requestSeconds'>;

/** Seconds' worth of openings that may come at once, of all sources together. */
const burst = 1;

/** Milliseconds that a connection waits at most for what its source opened before it. */
const longestWait = 5_000;

/** A connection that was accepted, and what becomes of it. */
export interface Opening {
  /** It is its turn. */
  readonly letIn: () => void;
  /** There is no room even to wait. */
  readonly turnAway: () => void;
}

const nothing = () => undefined;

export class Openings {
  readonly #clock: Clock;
  readonly #buckets: SourceBuckets;
  readonly #all: LeakyBucket;
  readonly #waiting = new FairQueue<Opening>();
  readonly #mostWaiting: number;
  #isScheduled = false;

  /** All who wait for a turn get it in the time that a request may take. */
  constructor({ openings, openingsPerAddress, requestSeconds }: OpeningLimits, clock: Clock) {
    this.#clock = clock;
    this.#buckets = new SourceBuckets(openingsPerAddress);
    this.#all = new LeakyBucket(openings, burst);
    this.#mostWaiting = openings * requestSeconds;
  }

  /** Whether a connection from there would at least wait. */
  hasRoom(address: string): boolean {
    return this.#buckets.of(sourceOf(address)).wait(1, this.#clock.now()) <= longestWait;
  }

  /**
   * Takes in a connection that has come from there, and says what becomes of it, if not before this returns: turned away is
   * one that comes far too quickly behind others of its source, and when too many wait the last of those of whom most do.
   * @returns what makes it forget the connection
   */
  add(address: string, opening: Opening): () => void {
    const source = sourceOf(address);
    const bucket = this.#buckets.of(source);
    const now = this.#clock.now();
    const wait = bucket.wait(1, now);
    if (wait > longestWait) {
      opening.turnAway();
      return nothing;
    }
    bucket.force(1, longestWait + 1_000, now);
    let cancelWait: () => void = nothing;
    if (wait === 0) this.#queue(source, opening);
    else cancelWait = this.#clock.schedule(wait, () => this.#queue(source, opening));
    return () => {
      cancelWait();
      this.#waiting.remove(source, opening);
    };
  }

  #queue(source: string, opening: Opening): void {
    this.#waiting.add(source, opening);
    if (this.#waiting.size > this.#mostWaiting) this.#waiting.shed()?.turnAway();
    if (!this.#isScheduled) this.#letIn();
  }

  #letIn(): void {
    const now = this.#clock.now();
    while (this.#waiting.size > 0) {
      if (!this.#all.add(1, now)) {
        this.#isScheduled = true;
        this.#clock.schedule(Math.max(1, this.#all.wait(1, now)), () => {
          this.#isScheduled = false;
          this.#letIn();
        });
        return;
      }
      this.#waiting.next()?.letIn();
    }
  }
}
