// A leaky bucket for each source, of as many sources as there is room for. Pure.

import { LeakyBucket } from './leaky_bucket.ts';

/** Sources that are remembered; of more the one that has been quiet for longest is forgotten. */
const maximumSources = 10_000;

export class SourceBuckets {
  readonly #create: () => LeakyBucket;
  /** The one that was heard of last at the end. */
  readonly #bySource = new Map<string, LeakyBucket>();

  /** @param perSecond what leaks out of each. @param burst see `LeakyBucket` */
  constructor(perSecond: number, burst?: number) {
    this.#create = () => new LeakyBucket(perSecond, burst);
  }

  of(source: string): LeakyBucket {
    const bucket = this.#bySource.get(source) ?? this.#create();
    this.#bySource.delete(source);
    this.#bySource.set(source, bucket);
    const [oldest] = this.#bySource.size > maximumSources ? this.#bySource.keys() : [];
    if (oldest !== undefined) this.#bySource.delete(oldest);
    return bucket;
  }
}
