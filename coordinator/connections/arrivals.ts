// How many connections may arrive by time, and with them how many hellos and joins: in all, and from each source. Whoever
// broke the protocol counts for many, so that those who do nothing else must wait, and longer each time. Pure.

import { LeakyBucket } from './leaky_bucket.ts';
import type { Limits } from './limits.ts';
import { SourceBuckets } from './source_buckets.ts';

export type ArrivalLimits = Pick<Limits, 'arrivals' | 'arrivalsPerAddress'>;

/** Arrivals that one connection counts for which was closed for what it did. */
const violationCost = 20;

/** Milliseconds that a source has to wait at most: others may share it. */
const longestWait = 60_000;

export class Arrivals {
  readonly #all: LeakyBucket;
  readonly #buckets: SourceBuckets;

  constructor({ arrivals, arrivalsPerAddress }: ArrivalLimits) {
    this.#all = new LeakyBucket(arrivals);
    this.#buckets = new SourceBuckets(arrivalsPerAddress);
  }

  /** Milliseconds until a connection from there may come; 0 if it may now, and then it has. */
  arrive(source: string, now: number): number {
    const bucket = this.#buckets.of(source);
    const wait = Math.max(bucket.wait(1, now), this.#all.wait(1, now));
    if (wait > 0) return wait;
    bucket.add(1, now);
    this.#all.add(1, now);
    return 0;
  }

  /** A connection from there was closed for what it did. */
  blame(source: string, now: number): void {
    this.#buckets.of(source).force(violationCost, longestWait, now);
  }
}
