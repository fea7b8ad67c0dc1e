// How much of something may happen by time: a bucket into which it falls, and which leaks. Pure.

/** What a bucket that is empty takes at once, in seconds of what leaks out of it. */
export const burstSeconds = 10;

export class LeakyBucket {
  readonly #perMillisecond: number;
  readonly #capacity: number;
  #level = 0;
  #at = 0;

  /** @param perSecond what leaks out. @param burst how many seconds' worth of it fits in */
  constructor(perSecond: number, burst = burstSeconds) {
    this.#perMillisecond = perSecond / 1000;
    this.#capacity = perSecond * burst;
  }

  /** Adds so much if it fits. @param now in monotonic milliseconds. @returns whether it did */
  add(amount: number, now: number): boolean {
    this.#leak(now);
    if (this.#level + amount > this.#capacity) return false;
    this.#level += amount;
    return true;
  }

  /** Adds so much although it may not fit, but never more than takes `longestWait` milliseconds to leak below the rim. */
  force(amount: number, longestWait: number, now: number): void {
    this.#leak(now);
    this.#level = Math.min(this.#level + amount, this.#capacity + longestWait * this.#perMillisecond);
  }

  /** Milliseconds until so much fits. */
  wait(amount: number, now: number): number {
    this.#leak(now);
    return Math.max(0, (this.#level + amount - this.#capacity) / this.#perMillisecond);
  }

  #leak(now: number): void {
    this.#level = Math.max(0, this.#level - (now - this.#at) * this.#perMillisecond);
    this.#at = now;
  }
}
