// How often a source may ask. Pure.

import { sourceOf } from '../connections/admission.ts';
import { SourceBuckets } from '../connections/source_buckets.ts';

/** Seconds' worth of requests that may come at once. */
const burst = 2;

export class RequestRate {
  readonly #perSecond: number;
  /** Monotonic milliseconds. */
  readonly #now: () => number;
  readonly #buckets: SourceBuckets;

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#buckets = new SourceBuckets(perSecond, burst);
  }

  /** Counts a request: whether it may be answered. @param weight what it counts for, at most as much as may come at once */
  take(address: string, weight = 1): boolean {
    return this.#buckets.of(sourceOf(address)).add(Math.min(weight, burst * this.#perSecond), this.#now());
  }
}
