// Wakes the run when a lease is overdue.

import type { Clock } from '../../shared/clock.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** To ring at this moment, in monotonic milliseconds; one that was set to an earlier moment stays, and rings too early. */
  set(at: number | undefined): void {
    if (at === undefined || (this.#set !== undefined && this.#set.at <= at)) return;
    this.cancel();
    const ring = () => {
      this.#set = undefined;
      this.#ring();
    };
    this.#set = { at, cancel: this.#clock.schedule(Math.max(1, at - this.#clock.now()), ring) };
  }

  cancel(): void {
    this.#set?.cancel();
    this.#set = undefined;
  }
}
