// Copies of what is sent, shared by all who ask for the same for as long as one of them reads it: forty answers that nobody
// takes hold one. Each is charged to the memory that all peers may hold; where that is short, it goes with all its readers.

import type { Clock } from '../../shared/clock.ts';
import type { Account, MemoryBudget } from '../connections/memory_budget.ts';

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
  readonly account: Account;
  /** What cuts each of those who read it. */
  readonly readers: Set<() => void>;
}

export interface SharedCopiesOptions {
  /** Copies that there may be at a time. */
  readonly maximum: number;
  /** Milliseconds for which a copy stands for newer ones; 0 if only what was asked for will do. */
  readonly freshFor: number;
  readonly clock: Clock;
  readonly memory: MemoryBudget;
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

  /**
   * A copy of what is asked for, or one that stands for it; undefined if there are too many that somebody reads, or no
   * memory is left.
   * @param cut ends this reader at once, who then has let go
   */
  hold(key: Key, make: () => Uint8Array, cut: () => void): Held<Key> | undefined {
    const copy = this.#find(key) ?? this.#make(key, make);
    if (copy === undefined) return undefined;
    const reader = () => cut(); // Another one for each, should they be the same.
    copy.readers.add(reader);
    const release = () => {
      if (copy.readers.delete(reader) && copy.readers.size === 0) this.#release(copy);
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
    const { clock, memory } = this.#options;
    const account = memory.open(() => this.#shed(copy));
    const copy = { key, bytes: make(), madeAt: clock.now(), account, readers: new Set<() => void>() };
    this.#copies.add(copy);
    return account.add(copy.bytes.length) ? copy : undefined;
  }

  #shed(copy: Copy<Key>): void {
    this.#copies.delete(copy);
    const readers = [...copy.readers];
    copy.readers.clear();
    for (const cut of readers) cut();
  }

  #forget(copy: Copy<Key>): void {
    this.#copies.delete(copy);
    copy.account.leave();
  }

  #isFresh({ madeAt }: Copy<Key>): boolean {
    const { clock, freshFor } = this.#options;
    return clock.now() - madeAt < freshFor;
  }

  #release(copy: Copy<Key>): void {
    if (!this.#isFresh(copy)) {
      this.#forget(copy);
      return;
    }
    const { clock, freshFor } = this.#options;
    // Somebody may still ask; if nobody does, it is not kept.
    clock.schedule(copy.madeAt + freshFor - clock.now(), () => {
      if (copy.readers.size === 0) this.#forget(copy);
    });
  }
}
