// A short fuzz, of the same seeds each time; `npm run hostile -- --fuzz` is the long one.

import { describe, expect, it } from 'vitest';
import { Random } from '../../simulation/random.ts';
import { fuzzCoordinator } from './coordinator_fuzz.ts';
import { mutate } from './mutation.ts';

describe('the coordinator', () => {
  it.each([1, 2])('goes on, throws nothing and hoards nothing under mutated frames, seed %i', async (seed) => {
    expect(await fuzzCoordinator({ seed, inputs: 3_000 })).toBeGreaterThan(0);
  });
});

describe('mutations', () => {
  it('are those of their seed', () => {
    const bytes = Uint8Array.from({ length: 50 }, (_, index) => index);
    expect(mutate(bytes, new Random(7))).toEqual(mutate(bytes, new Random(7)));
    expect(mutate(bytes, new Random(7))).not.toEqual(mutate(bytes, new Random(8)));
  });
});
