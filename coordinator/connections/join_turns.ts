// When those may join whose hello was accepted: so many a second, each in turn. To send the others away would cost as much as
// letting them in, and they would be back at once. Pure.

import { LeakyBucket } from './leaky_bucket.ts';
import type { Limits } from './limits.ts';

/** Seconds' worth of joins that may come at once. */
const burst = 0.5;

export class JoinTurns {
  readonly #bucket: LeakyBucket;

  constructor({ joins }: Pick<Limits, 'joins'>) {
    this.#bucket = new LeakyBucket(joins, burst);
  }

  /** Takes the next turn. @returns milliseconds until it comes, from `now` on, which is monotonic */
  take(now: number): number {
    const wait = this.#bucket.wait(1, now);
    this.#bucket.force(1, Number.POSITIVE_INFINITY, now);
    return wait;
  }
}
