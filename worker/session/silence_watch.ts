// Watches for signs of life from the coordinator: one that has been silent for too long is gone, or the connection is half open.

import type { Clock } from '../../shared/clock.ts';
import { silenceLimit } from '../../shared/protocol/limits.ts';

/** Looks for signs of life in the time that a coordinator may be silent: a look may come late, after a computation. */
const looks = 4;

export class SilenceWatch {
  readonly #clock: Clock;
  readonly #onSilent: (reason: string) => void;
  /** Looks in a row that found nothing received. */
  #silentLooks = 0;
  #cancelLook: () => void = () => undefined;

  /** @param onSilent called at most once, with what is wrong in words */
  constructor(clock: Clock, onSilent: (reason: string) => void) {
    this.#clock = clock;
    this.#onSilent = onSilent;
  }

  start(): void {
    this.#cancelLook = this.#clock.schedule(silenceLimit / looks, () => {
      if (this.#silentLooks === looks) {
        this.#onSilent(`no sign of life from the coordinator for ${silenceLimit / 1000} s`);
        return;
      }
      this.#silentLooks += 1;
      this.start();
    });
  }

  /** Something was received. */
  heard(): void {
    this.#silentLooks = 0;
  }

  stop(): void {
    this.#cancelLook();
  }
}
