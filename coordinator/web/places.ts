// Places that are limited in all and by source: connections, watchers, large answers. Pure.

import { sourceOf } from '../connections/admission.ts';

export class Places {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #bySource = new Map<string, number>();
  #taken = 0;

  constructor(total: number, perAddress: number) {
    this.#total = total;
    this.#perAddress = perAddress;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a place: a function that gives it back, and does nothing when it is called again; undefined if there is none. */
  take(address: string): (() => void) | undefined {
    const source = sourceOf(address);
    if (this.#taken >= this.#total || (this.#bySource.get(source) ?? 0) >= this.#perAddress) return undefined;
    this.#count(source, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#count(source, -1);
      isTaken = false;
    };
  }

  #count(source: string, change: 1 | -1): void {
    this.#taken += change;
    const count = (this.#bySource.get(source) ?? 0) + change;
    if (count === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, count);
  }
}
