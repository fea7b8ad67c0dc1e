// The reduction tree: how microbatch gradients become the gradient of a step, in one order whatever the workers do.
//
// The microbatches of a step are the leaves of the perfect binary tree on their index. A node is `left + right`; an
// absent leaf is skipped, never added as zero (that would turn −0 into +0). A shard is a node, so any cut of the tree
// into shards gives the same bits.

import type { Shard } from './shard.ts';

/** The node that a shard stands for: it covers the leaves from `index * 2^level` to `(index + 1) * 2^level`. */
interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Indices and levels stay within 31 bits. */
const maximumLeaves = 2 ** 24;

/** The level of the smallest node that covers this many leaves: the logarithm to base 2, rounded up. */
export function levelOf(leaves: number): number {
  return 32 - Math.clz32(leaves - 1);
}

/** One number for a node. */
function keyOf(level: number, index: number): number {
  return level * maximumLeaves + index;
}

/** Whether the shard is an aligned group of 2^k leaves, cut short only by the right edge of the tree. */
export function isAlignedShard(shard: Shard, leaves: number): boolean {
  const { first, count } = shard;
  if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1 || first + count > leaves) {
    return false;
  }
  const size = 1 << levelOf(count);
  return first % size === 0 && (count === size || first + count === leaves);
}

/**
 * Joins values (gradients, loss sums) over the tree as they come, in any order.
 *
 * @typeParam Value what a node holds; `join(left, right)` gives the parent's and may reuse either's storage.
 */
export class ReductionTree<Value> {
  readonly #leaves: number;
  readonly #join: (left: Value, right: Value) => Value;
  /** By `keyOf` of the node. */
  readonly #waiting = new Map<number, Value>();
  #root: { readonly value: Value } | undefined;

  constructor(leaves: number, join: (left: Value, right: Value) => Value) {
    if (!Number.isInteger(leaves) || leaves < 1 || leaves > maximumLeaves) {
      throw new RangeError(`a reduction tree has 1 to ${maximumLeaves} leaves, got ${leaves}`);
    }
    this.#leaves = leaves;
    this.#join = join;
  }

  /** The sum over all leaves once every one of them is in. */
  get root(): { readonly value: Value } | undefined {
    return this.#root;
  }

  /**
   * Takes in the sum of a shard and joins upwards as far as siblings are present.
   *
   * @throws RangeError if the shard is not a node of this tree. The caller vouches that no leaf is given twice.
   */
  add(shard: Shard, value: Value): void {
    if (!isAlignedShard(shard, this.#leaves)) {
      throw new RangeError(`shard ${shard.first}+${shard.count} is not a node of a tree of ${this.#leaves} leaves`);
    }
    const level = levelOf(shard.count);
    this.#place({ level, index: shard.first >> level }, value);
  }

  /** Takes out again what was added for parts of a shard that is not whole yet, so that the whole can be added. */
  takeOutParts(shard: Shard): readonly Value[] {
    const top = levelOf(shard.count);
    const parts: Value[] = [];
    for (const [key, value] of this.#waiting) {
      const level = Math.floor(key / maximumLeaves);
      const index = key % maximumLeaves;
      if (level >= top || index >> (top - level) !== shard.first >> top) continue;
      this.#waiting.delete(key);
      parts.push(value);
    }
    return parts;
  }

  #place(start: TreeNode, startValue: Value): void {
    let { level, index } = start;
    let value = startValue;
    while (1 << level < this.#leaves) {
      const isLeft = index % 2 === 0;
      const siblingIndex = isLeft ? index + 1 : index - 1;
      const siblingIsAbsent = siblingIndex << level >= this.#leaves;
      if (!siblingIsAbsent) {
        const siblingKey = keyOf(level, siblingIndex);
        const sibling = this.#waiting.get(siblingKey);
        if (sibling === undefined) {
          this.#waiting.set(keyOf(level, index), value);
          return;
        }
        this.#waiting.delete(siblingKey);
        value = isLeft ? this.#join(value, sibling) : this.#join(sibling, value);
      }
      level += 1;
      index = Math.floor(index / 2);
    }
    this.#root = { value };
  }
}
