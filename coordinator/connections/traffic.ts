// What comes over one connection beside what it was asked for, by time: control frames, bytes, and the time that they cost.
// Honest workers send next to nothing of it. Pure.

import { LeakyBucket } from './leaky_bucket.ts';
import type { Limits } from './limits.ts';

export type TrafficLimits = Pick<Limits, 'controlFrames' | 'unaskedBytes' | 'unaskedTime'>;

/** A read that brings as many bytes of what was asked for is worth its time. */
const worthwhileBytes = 512;

/** Milliseconds that a read costs before its bytes are looked at. */
const readCost = 0.02;

/** Milliseconds that a byte of a read costs at most: what is beyond, the machine was busy with something else. */
const mostByteCost = 0.001;

export class Traffic {
  readonly #limits: TrafficLimits;
  readonly #controlFrames: LeakyBucket;
  readonly #bytes: LeakyBucket;
  readonly #time: LeakyBucket;
  #beganAt = 0;
  #read = 0;
  #unasked = 0;
  #asked = 0;

  constructor(limits: TrafficLimits) {
    this.#limits = limits;
    this.#controlFrames = new LeakyBucket(limits.controlFrames);
    this.#bytes = new LeakyBucket(limits.unaskedBytes);
    this.#time = new LeakyBucket(limits.unaskedTime);
  }

  /** So many bytes have been read. */
  beginRead(bytes: number, now: number): void {
    this.#beganAt = now;
    this.#read = bytes;
    this.#unasked = bytes;
    this.#asked = 0;
  }

  /** So many of the bytes that were read belong to what was asked for. */
  wasAsked(bytes: number): void {
    this.#unasked -= bytes;
    this.#asked += bytes;
  }

  /** What was asked for has come whole: whatever the read brought with it is of no weight. */
  wasAnswered(): void {
    this.wasAsked(Math.max(this.#unasked, worthwhileBytes));
  }

  /** What was read has been dealt with. @returns what there was too much of, in words */
  endRead(now: number): string | undefined {
    const { unaskedBytes, unaskedTime } = this.#limits;
    if (this.#unasked > 0 && !this.#bytes.add(this.#unasked, now)) {
      return `more than ${unaskedBytes} bytes a second that nobody asked for`;
    }
    if (this.#asked >= worthwhileBytes) return undefined;
    const cost = Math.min(now - this.#beganAt, mostByteCost * this.#read) + readCost;
    return this.#time.add(cost, now) ? undefined : `costs more than ${unaskedTime} ms a second without answering`;
  }

  /** A control frame has begun. @returns as `endRead` */
  controlFrame(now: number): string | undefined {
    const { controlFrames } = this.#limits;
    return this.#controlFrames.add(1, now) ? undefined : `more than ${controlFrames} pings and pongs a second`;
  }
}
