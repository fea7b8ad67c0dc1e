// How often a source may ask: a bucket of tokens for each, which fills as time goes by. Pure.

import { sourceOf } from '../connections/admission.ts';

/** Buckets that are kept; beyond it the source that asked longest ago is forgotten, and its bucket full again. */
const maximumSources = 10_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export class RequestRate {
  readonly #perSecond: number;
  /** Monotonic milliseconds. */
  readonly #now: () => number;
  /** By source, the one that asked last at the end. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Counts a request: whether it may be answered. @param weight what it counts for, at most a full bucket. */
  take(address: string, weight = 1): boolean {
    const now = this.#now();
    const source = sourceOf(address);
    const capacity = 2 * this.#perSecond;
    const wanted = Math.min(weight, capacity);
    const { tokens, at } = this.#buckets.get(source) ?? { tokens: capacity, at: now };
    const filled = Math.min(capacity, tokens + ((now - at) / 1000) * this.#perSecond);
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: filled < wanted ? filled : filled - wanted, at: now });
    if (this.#buckets.size > maximumSources) this.#forgetOldest();
    return filled >= wanted;
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
