// When a connection that was accepted is read. Every one costs the processor time that training could use; those of a source
// that come faster than it may wait for their turn, which slows down whoever opens one after the other and refuses nobody
// who is not far too quick. Pure.

import { sourceOf } from '../connections/admission.ts';
import type { Limits } from '../connections/limits.ts';
import { SourceBuckets } from '../connections/source_buckets.ts';

export type OpeningLimits = Pick<Limits, 'openingsPerAddress' | 'requestSeconds'>;

export class Openings {
  readonly #longestWait: number;
  readonly #buckets: SourceBuckets;

  /** Nobody waits longer for his turn than a request may take. */
  constructor({ openingsPerAddress, requestSeconds }: OpeningLimits) {
    this.#longestWait = 1_000 * requestSeconds;
    this.#buckets = new SourceBuckets(openingsPerAddress);
  }

  /**
   * Milliseconds until it is the turn of a connection that has come from there; undefined if that would be too long.
   * @param now in monotonic milliseconds
   */
  turn(address: string, now: number): number | undefined {
    const bucket = this.#buckets.of(sourceOf(address));
    const wait = bucket.wait(1, now);
    if (wait > this.#longestWait) return undefined;
    bucket.force(1, this.#longestWait + 1_000, now);
    return wait;
  }
}
