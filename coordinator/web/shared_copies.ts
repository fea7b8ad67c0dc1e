// Copies of what is sent, shared by all who ask for the same for as long as one of them reads it: forty answers that nobody
// takes hold one. Pure but for the clock.

import type { Clock } from '../../shared/clock.ts';

/** Whoever holds a copy lets it go, once. */
export interface Held<Key> {
  readonly key: Key;
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

interface Copy<Key> {
  readonly key: Key;
  readonly bytes: Uint8Array;
  readonly madeAt: number;
  readers: number;
}

export interface SharedCopiesOptions {
  /** Copies that there may be at a time. */
  readonly maximum: number;
  /** Milliseconds for which a copy stands for newer ones; 0 if only what was asked for will do. */
  readonly freshFor: number;
  readonly clock: Clock;
}

export class SharedCopies<Key> {
  readonly #options: SharedCopiesOptions;
  /** The newest last. */
  readonly #copies = new Set<Copy<Key>>();

  constructor(options: SharedCopiesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#copies.size;
  }

  /** A copy of what is asked for, or one that stands for it; undefined if there are too many that somebody reads. */
  hold(key: Key, make: () => Uint8Array): Held<Key> | undefined {
    const copy = this.#find(key) ?? this.#make(key, make);
    if (copy === undefined) return undefined;
    copy.readers += 1;
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#release(copy);
      isHeld = false;
    };
    return { key: copy.key, bytes: copy.bytes, release };
  }

  #find(key: Key): Copy<Key> | undefined {
    const { maximum, freshFor } = this.#options;
    let newest: Copy<Key> | undefined;
    for (const copy of this.#copies) {
      if (copy.key === key) return copy;
      newest = copy;
    }
    if (freshFor === 0 || newest === undefined) return undefined;
    return this.#isFresh(newest) || this.#copies.size >= maximum ? newest : undefined;
  }

  #make(key: Key, make: () => Uint8Array): Copy<Key> | undefined {
    if (this.#copies.size >= this.#options.maximum) return undefined;
    const copy = { key, bytes: make(), madeAt: this.#options.clock.now(), readers: 0 };
    this.#copies.add(copy);
    return copy;
  }

  #isFresh({ madeAt }: Copy<Key>): boolean {
    const { clock, freshFor } = this.#options;
    return clock.now() - madeAt < freshFor;
  }

  #release(copy: Copy<Key>): void {
    copy.readers -= 1;
    if (copy.readers > 0) return;
    if (!this.#isFresh(copy)) {
      this.#copies.delete(copy);
      return;
    }
    const { clock, freshFor } = this.#options;
    // Somebody may still ask; if nobody does, it is not kept.
    clock.schedule(copy.madeAt + freshFor - clock.now(), () => {
      if (copy.readers === 0) this.#copies.delete(copy);
    });
  }
}
