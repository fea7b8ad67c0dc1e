// A shard: what a worker is lent of a task, a node of the task's reduction tree.

import * as v from 'valibot';

/** An aligned group of a task's units (microbatches of one mini-batch, say): `first` is a multiple of 2^k, `count` at most 2^k. */
export interface Shard {
  /** Index of the first unit. */
  readonly first: number;
  /** Number of units. */
  readonly count: number;
}

export const shardSchema = v.pipe(
  v.strictObject({
    first: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  }),
  v.check(
    ({ first, count }) => first % leastPowerOfTwo(count) === 0,
    'expected first to be a multiple of the least power of two that is at least count',
  ),
);

export function isSameShard(one: Shard, other: Shard): boolean {
  return one.first === other.first && one.count === other.count;
}

function leastPowerOfTwo(atLeast: number): number {
  let power = 1;
  while (power < atLeast) power *= 2;
  return power;
}
