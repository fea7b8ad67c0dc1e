// When those may join whose hello was accepted: so many a second, each in turn. To send the others away would cost as much as
// letting them in, and they would be back at once. A source whose workers leave again without having helped waits longer:
// nothing makes up for what they cost. Pure.

import { crowdedReason, ProtocolError } from '../../shared/protocol/close_codes.ts';
import { sourceOf } from './admission.ts';
import { LeakyBucket } from './leaky_bucket.ts';
import type { Limits } from './limits.ts';
import { SourceBuckets } from './source_buckets.ts';

export type JoinLimits = Pick<Limits, 'joins' | 'vainJoinsPerAddress'>;

/** Seconds' worth of joins that may come at once. */
const burst = 0.5;

/** Seconds' worth of joins in vain that are free: those of a class, say, whose pages are all loaded again. */
const vainBurst = 30;

/** Milliseconds that a source waits at most for what its workers did not do. */
const longestWait = 60_000;

export class JoinTurns {
  readonly #all: LeakyBucket;
  readonly #vain: SourceBuckets;

  constructor({ joins, vainJoinsPerAddress }: JoinLimits) {
    this.#all = new LeakyBucket(joins, burst);
    this.#vain = new SourceBuckets(vainJoinsPerAddress / 60, vainBurst);
  }

  /**
   * Takes the next turn for a worker from there.
   * @returns milliseconds until it comes, from `now` on, which is monotonic
   * @throws {ProtocolError} if too many from there have left in vain
   */
  take(address: string, now: number): number {
    const vain = this.#vain.of(sourceOf(address));
    const owed = vain.wait(1, now);
    if (owed >= longestWait) {
      throw new ProtocolError('tooMany', crowdedReason('many from this address left without having helped', owed));
    }
    // Not all of a source wait for the same moment.
    if (owed > 0) vain.force(1, longestWait, now);
    const wait = Math.max(owed, this.#all.wait(1, now));
    this.#all.force(1, Number.POSITIVE_INFINITY, now);
    return wait;
  }

  /** A worker from there has left without having helped. */
  wasVain(address: string, now: number): void {
    this.#vain.of(sourceOf(address)).force(1, longestWait, now);
  }
}
