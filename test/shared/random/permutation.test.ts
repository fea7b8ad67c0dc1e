import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation } from '../../../shared/random/permutation.ts';

describe('permutation', () => {
  it('holds every index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.maxSafeNat(), fc.nat(), (count, seed, epoch) => {
        const order = permutation(count, seed, epoch);
        expect([...order].sort((left, right) => left - right)).toEqual([...Array(count).keys()]);
      }),
    );
  });

  it('is the same for the same seed and epoch, and another for another', () => {
    expect(permutation(1000, 1, 2)).toEqual(permutation(1000, 1, 2));
    expect(permutation(1000, 1, 2)).not.toEqual(permutation(1000, 1, 3));
    expect(permutation(1000, 1, 2)).not.toEqual(permutation(1000, 2, 2));
  });

  it('gives a fixed order, so that a job keeps its result from release to release', () => {
    expect([...permutation(10, 42, 0)]).toMatchInlineSnapshot(`
      [
        5,
        6,
        1,
        9,
        3,
        7,
        8,
        2,
        0,
        4,
      ]
    `);
  });

  it('makes each of the 24 orders of 4 equally likely', () => {
    const epochs = 24_000;
    const seen = new Map<string, number>();
    for (let epoch = 0; epoch < epochs; epoch++) {
      const key = permutation(4, 1, epoch).join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    const expected = epochs / 24;
    const chiSquared = [...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(seen.size).toBe(24);
    // 23 degrees of freedom: exceeded by one seed in a thousand, and the seed is fixed.
    expect(chiSquared).toBeLessThan(49.7);
  });
});
