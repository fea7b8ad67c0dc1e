import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlignedShard, ReductionTree } from '../../../shared/reduction/tree.ts';

/** The definition, recursively: an absent leaf is skipped, a node is `left + right`. */
function sumOfNode(leaves: readonly number[], first: number, size: number): number | undefined {
  if (first >= leaves.length) return undefined;
  if (size === 1) return leaves[first];
  const left = sumOfNode(leaves, first, size / 2);
  const right = sumOfNode(leaves, first + size / 2, size / 2);
  return left === undefined || right === undefined ? (left ?? right) : Math.fround(left + right);
}

const rootSize = (leaves: number) => 2 ** Math.ceil(Math.log2(leaves));

/** A random cut of the tree into shards, by splitting nodes at will. */
const cutOf = (leaves: number) =>
  fc.array(fc.boolean(), { minLength: 2 * rootSize(leaves), maxLength: 2 * rootSize(leaves) }).map((splits) => {
    const shards: { first: number; count: number }[] = [];
    let next = 0;
    const visit = (first: number, size: number) => {
      if (first >= leaves) return;
      if (size > 1 && splits[next++ % splits.length]) {
        visit(first, size / 2);
        visit(first + size / 2, size / 2);
      } else shards.push({ first, count: Math.min(size, leaves - first) });
    };
    visit(0, rootSize(leaves));
    return shards;
  });

const cutTree = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 40 })
  .chain((leaves) =>
    fc.tuple(
      fc.constant(leaves),
      cutOf(leaves.length).chain((shards) =>
        fc.shuffledSubarray(shards, { minLength: shards.length, maxLength: shards.length }),
      ),
    ),
  );

describe('ReductionTree', () => {
  it('gives the same bits for any cut into shards and any order of arrival', () => {
    fc.assert(
      fc.property(cutTree, ([leaves, shards]) => {
        const tree = new ReductionTree<number>(leaves.length, (left, right) => Math.fround(left + right));
        for (const shard of shards) {
          expect(tree.root).toBeUndefined();
          tree.add(shard, sumOfNode(leaves, shard.first, 2 ** Math.ceil(Math.log2(shard.count))) ?? Number.NaN);
        }
        expect(Object.is(tree.root?.value, sumOfNode(leaves, 0, rootSize(leaves.length)))).toBe(true);
      }),
    );
  });

  it('skips an absent leaf instead of adding zero, which would lose the sign of −0', () => {
    const tree = new ReductionTree<number>(3, (left, right) => left + right);
    for (const first of [2, 0, 1]) tree.add({ first, count: 1 }, -0);
    expect(tree.root?.value).toBe(-0);
  });

  it('depends on the tree, not on the order: a left-to-right sum would differ', () => {
    const leaves = [1e8, 1, -1e8, 1].map(Math.fround);
    const tree = new ReductionTree<number>(4, (left, right) => Math.fround(left + right));
    leaves.forEach((leaf, first) => {
      tree.add({ first, count: 1 }, leaf);
    });
    expect(tree.root?.value).toBe(0);
    expect(leaves.reduce((sum, leaf) => Math.fround(sum + leaf))).toBe(1);
  });

  it.each([
    { first: 1, count: 2 },
    { first: 0, count: 3 },
    { first: 4, count: 2 },
    { first: -1, count: 1 },
    { first: 0, count: 0 },
    { first: 0.5, count: 1 },
  ])('refuses $first+$count in a tree of 5 leaves: it is no node', (shard) => {
    expect(isAlignedShard(shard, 5)).toBe(false);
    expect(() => new ReductionTree<number>(5, (left) => left).add(shard, 0)).toThrow(RangeError);
  });

  it('accepts a group cut short by the right edge', () => {
    expect(isAlignedShard({ first: 4, count: 3 }, 7)).toBe(true);
    expect(isAlignedShard({ first: 4, count: 1 }, 5)).toBe(true);
  });
});
