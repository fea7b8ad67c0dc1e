// The units of one task (microbatches of a mini-batch, blocks of an evaluation): which are free, covered by leases, or
// done. Pure.

import type { Shard } from '../../shared/reduction/shard.ts';

export class TaskUnits {
  readonly count: number;
  readonly #done: Uint8Array;
  /** Per unit, how many leases that are not overdue cover it; free means none does and it is not done. */
  readonly #covers: Uint16Array;
  #undone: number;
  #free: number;
  /** No unit below it is free. */
  #lowestFree = 0;

  constructor(count: number) {
    this.count = count;
    this.#undone = count;
    this.#free = count;
    this.#done = new Uint8Array(count);
    this.#covers = new Uint16Array(count);
  }

  get areDone(): boolean {
    return this.#undone === 0;
  }

  /** Units that nobody has. */
  get free(): number {
    return this.#free;
  }

  /**
   * The first free shard of at most `size` units (rounded down to a power of two; all of them if it is infinite), or
   * undefined if none is free.
   * @param accept which units will do, one at a time; absent: all
   */
  findFree(size: number, accept?: (unit: number) => boolean): Shard | undefined {
    if (this.#free === 0) return undefined;
    while (this.#lowestFree < this.count && !this.#isFree(this.#lowestFree)) this.#lowestFree += 1;
    if (accept !== undefined) return this.#findAccepted(accept);
    const largest = Math.min(Math.max(1, size), 2 * this.count);
    for (let group = 2 ** Math.floor(Math.log2(largest)); group > 1; group /= 2) {
      const from = Math.floor(this.#lowestFree / group) * group;
      for (let first = from; first < this.count; first += group) {
        const count = Math.min(group, this.count - first);
        if (this.#isFreeGroup(first, count)) return { first, count };
      }
    }
    return { first: this.#lowestFree, count: 1 };
  }

  #findAccepted(accept: (unit: number) => boolean): Shard | undefined {
    for (let first = this.#lowestFree; first < this.count; first++) {
      if (this.#isFree(first) && accept(first)) return { first, count: 1 };
    }
    return undefined;
  }

  cover({ first, count }: Shard): void {
    for (let unit = first; unit < first + count; unit++) {
      if (this.#isFree(unit)) this.#free -= 1;
      this.#covers[unit] = (this.#covers[unit] ?? 0) + 1;
    }
  }

  uncover({ first, count }: Shard): void {
    for (let unit = first; unit < first + count; unit++) {
      this.#covers[unit] = (this.#covers[unit] ?? 0) - 1;
      if (this.#isFree(unit)) this.#free += 1;
    }
    this.#lowestFree = Math.min(this.#lowestFree, first);
  }

  /** Whether all units of the shard are done. */
  areDoneOf({ first, count }: Shard): boolean {
    for (let unit = first; unit < first + count; unit++) if (this.#done[unit] === 0) return false;
    return true;
  }

  /** Whether one lease alone covers each unit of the shard, and none of them is done. */
  areCoveredOnce({ first, count }: Shard): boolean {
    for (let unit = first; unit < first + count; unit++) {
      if (this.#covers[unit] !== 1 || this.#done[unit] !== 0) return false;
    }
    return true;
  }

  /** Marks the shard's units done; returns how many were before. */
  finish({ first, count }: Shard): number {
    let before = 0;
    for (let unit = first; unit < first + count; unit++) {
      if (this.#isFree(unit)) this.#free -= 1;
      before += this.#done[unit] ?? 0;
      this.#done[unit] = 1;
    }
    this.#undone -= count - before;
    return before;
  }

  #isFree(unit: number): boolean {
    return this.#done[unit] === 0 && this.#covers[unit] === 0;
  }

  #isFreeGroup(first: number, count: number): boolean {
    for (let unit = first; unit < first + count; unit++) if (!this.#isFree(unit)) return false;
    return true;
  }
}
