// What is done again and again, as long as a run goes on.

import type { Clock } from '../../shared/clock.ts';

export class Pulse {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #beat: () => void;
  #cancel: () => void = () => undefined;

  /** @param interval milliseconds */
  constructor(clock: Clock, interval: number, beat: () => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#beat = beat;
  }

  /** The first beat comes after an interval. */
  start(): void {
    this.#cancel = this.#clock.schedule(this.#interval, () => {
      this.start();
      this.#beat();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
