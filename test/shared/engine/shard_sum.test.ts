import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import type { ShardResult } from '../../../shared/engine/shard_result.ts';
import { ShardSum } from '../../../shared/engine/shard_sum.ts';
import { ReductionTree } from '../../../shared/reduction/tree.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';
import { convolutionalLayers, imageGraph, imageSamples, sliceSamples } from './small_models.ts';

interface Sums {
  readonly gradient: Float32Array;
  readonly lossSum: number;
  readonly correct: number;
}

const join = (left: Sums, right: Sums): Sums => ({
  gradient: left.gradient.map((value, index) => value + (right.gradient[index] ?? Number.NaN)),
  lossSum: left.lossSum + right.lossSum,
  correct: left.correct + right.correct,
});

function copyOf(engine: Engine, parameters: number, { gradient, lossSum, metricSums }: ShardResult): Sums {
  const values = engine.float32(gradient, parameters).slice();
  return { gradient: values, lossSum, correct: metricSums.accuracy ?? Number.NaN };
}

/** Cuts leaves into shards: from the whole tree downwards, splitting a node wherever `split` says so. */
function cut(leaves: number, split: (level: number, index: number) => boolean) {
  const shards: { first: number; count: number }[] = [];
  const visit = (level: number, index: number) => {
    const first = index * 2 ** level;
    if (first >= leaves) return;
    if (level > 0 && split(level, index)) {
      visit(level - 1, 2 * index);
      visit(level - 1, 2 * index + 1);
      return;
    }
    shards.push({ first, count: Math.min(2 ** level, leaves - first) });
  };
  visit(Math.ceil(Math.log2(leaves)), 0);
  return shards;
}

describe('ShardSum', () => {
  it('joins as the reduction tree does, over any number of leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 7, 4096, 4097, 9000), (leaves, elements) => {
        const engine = engines.portable;
        const sum = new ShardSum(engine, elements, 1);
        const tree = new ReductionTree<Sums>(leaves, join);
        sum.start();
        for (let leaf = 0; leaf < leaves; leaf++) {
          const gradient = testValues(elements, leaf);
          const isLast = leaf === leaves - 1;
          engine.float32(sum.leafGradient(isLast), elements).set(gradient);
          sum.sums[0] = gradient[0] ?? Number.NaN;
          sum.add(isLast);
          tree.add({ first: leaf, count: 1 }, { gradient, lossSum: gradient[0] ?? Number.NaN, correct: 0 });
        }
        expect(engine.float32(sum.gradient, elements)).toEqual(tree.root?.value.gradient);
        expect(sum.sums[0]).toBe(tree.root?.value.lossSum);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a negative zero that has no sibling', () => {
    const engine = engines.portable;
    const sum = new ShardSum(engine, 1, 1);
    sum.start();
    engine.float32(sum.leafGradient(true), 1)[0] = -0;
    sum.sums[0] = -0;
    sum.add(true);
    expect(engine.float32(sum.gradient, 1)[0]).toBe(-0);
    expect(sum.sums[0]).toBe(-0);
  });
});

describe.each(profiles)('a mini-batch in the %s profile', (profile) => {
  it('has the same bits however it is cut into shards', () => {
    const engine = engines[profile];
    const microbatchSize = 3;
    const create = () => {
      const replica = Replica.create(engine, imageGraph(convolutionalLayers), { microbatchSize });
      replica.initialize(5);
      return replica;
    };
    const [whole, parts] = [create(), create()];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.array(fc.boolean()), (count, order, splits) => {
        const samples = imageSamples(count, count);
        const leaves = Math.ceil(count / microbatchSize);
        const expected = copyOf(engine, whole.parameterCount, whole.computeShard(samples));
        const shards = cut(leaves, (level, index) => splits[level + 3 * index] ?? true);
        const tree = new ReductionTree<Sums>(leaves, join);
        // In an order of its own, as workers answer.
        shards.forEach((_, index) => {
          const shard = shards[(index + order) % shards.length];
          if (shard === undefined) throw new Error('no shard');
          const first = shard.first * microbatchSize;
          const shardSamples = Math.min(shard.count * microbatchSize, count - first);
          const result = parts.computeShard(sliceSamples(samples, [36, 1], first, shardSamples));
          expect(result.samples).toBe(shardSamples);
          tree.add(shard, copyOf(engine, parts.parameterCount, result));
        });
        expect(tree.root?.value).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
