// The sum of a shard: its microbatches joined over the reduction tree as they come, from left to right.
//
// A binary counter: level k holds the sum of a complete subtree of 2^k microbatches that waits for its right sibling.
// A new leaf joins the lowest levels as long as they are occupied, always as the right child, and waits at the first
// free one; the last leaf joins whatever waits, since an absent sibling is skipped. A subtree that somebody else has summed
// comes in at its own level: what is left of it is whole, so all levels below are free. A sum is written over its left
// side, so that it touches no third memory: the levels swap theirs.

import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';

interface Level {
  gradient: Pointer;
  /** Of the loss and the metrics. */
  readonly sums: Float64Array;
  isOccupied: boolean;
}

/** Elements joined at a time: several levels are joined while a stretch of the gradient is in the cache. */
const stretch = 4096;

export class ShardSum {
  /** Where the shard's gradient ends up. */
  readonly gradient: Pointer;
  /** Sums of the loss and the metrics: of the leaf that is added, then of the shard. */
  readonly sums: Float64Array;
  readonly #engine: Engine;
  readonly #elements: number;
  readonly #levels: Level[] = [];

  constructor(engine: Engine, elements: number, sums: number) {
    this.#engine = engine;
    this.#elements = elements;
    this.gradient = engine.allocate(4 * elements);
    this.sums = new Float64Array(sums);
  }

  start(): void {
    for (let depth = 0; depth < this.#levels.length; depth++) this.#level(depth).isOccupied = false;
  }

  /**
   * Where the next leaf's gradient must be written: at once where it will wait, if it has nothing to join.
   * @param level of the subtree that comes, where it is more than a leaf
   */
  leafGradient(isLast: boolean, level = 0): Pointer {
    if (isLast) return this.gradient;
    const lowest = this.#level(level);
    return lowest.isOccupied ? this.gradient : lowest.gradient;
  }

  /** Joins a leaf, or a subtree: its gradient stands at `leafGradient`, its sums in `sums`. */
  add(isLast: boolean, level = 0): void {
    if (isLast) this.#join(this.#highestBelow(this.#levels.length), this.gradient);
    else this.#carry(level);
  }

  #carry(start: number): void {
    let depth = start;
    while (this.#level(depth).isOccupied) depth += 1;
    const level = this.#level(depth);
    const highest = this.#highestBelow(depth);
    if (highest >= 0) {
      const last = this.#level(highest);
      this.#join(highest, last.gradient);
      const free = level.gradient;
      level.gradient = last.gradient;
      last.gradient = free;
    }
    level.sums.set(this.sums);
    level.isOccupied = true;
  }

  /** The highest occupied level below `depth`, or −1. */
  #highestBelow(depth: number): number {
    let highest = depth - 1;
    while (highest >= 0 && !this.#level(highest).isOccupied) highest -= 1;
    return highest;
  }

  /** Joins the occupied levels up to `highest` into the leaf, the lowest first, each as the left side. */
  #join(highest: number, target: Pointer): void {
    for (let first = 0; first < this.#elements; first += stretch) {
      const elements = Math.min(stretch, this.#elements - first);
      for (let lower = 0; lower <= highest; lower++) {
        const level = this.#level(lower);
        if (!level.isOccupied) continue;
        this.#add(lower === highest ? target : this.gradient, level.gradient, first, elements);
      }
    }
    for (let lower = 0; lower <= highest; lower++) {
      const level = this.#level(lower);
      if (!level.isOccupied) continue;
      for (let index = 0; index < this.sums.length; index++) {
        this.sums[index] = (level.sums[index] ?? Number.NaN) + (this.sums[index] ?? Number.NaN);
      }
      level.isOccupied = false;
    }
  }

  /** target = left + gradient, over a stretch. */
  #add(target: Pointer, left: Pointer, first: number, elements: number): void {
    const offset = 4 * first;
    const right = this.gradient;
    this.#engine.kernels.add(
      (target + offset) as Pointer,
      (left + offset) as Pointer,
      (right + offset) as Pointer,
      elements,
    );
  }

  #level(depth: number): Level {
    let level = this.#levels[depth];
    while (level === undefined) {
      const gradient = this.#engine.allocate(4 * this.#elements);
      this.#levels.push({ gradient, sums: new Float64Array(this.sums.length), isOccupied: false });
      level = this.#levels[depth];
    }
    return level;
  }
}
