// Places that are limited in all and by source: connections, watchers, large answers. Pure.

import { sourceOf } from '../connections/admission.ts';
import { Census } from '../connections/census.ts';

export class Places {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #taken = new Census();

  constructor(total: number, perAddress: number) {
    this.#total = total;
    this.#perAddress = perAddress;
  }

  get taken(): number {
    return this.#taken.size;
  }

  /** Takes a place: a function that gives it back, and does nothing when it is called again; undefined if there is none. */
  take(address: string): (() => void) | undefined {
    const source = sourceOf(address);
    if (this.#taken.size >= this.#total || this.#taken.at(source) >= this.#perAddress) return undefined;
    this.#taken.add(source);
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken.remove(source);
      isTaken = false;
    };
  }
}
