import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, firstBackoff, longestBackoff } from '../../../worker/session/backoff.ts';

describe('backoff', () => {
  it('doubles its bound up to the longest', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => backoff(attempt, 1));
    expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    expect(bounds[0]).toBe(firstBackoff);
  });

  it('is spread evenly from 0 to its bound', () => {
    expect([0, 0.25, 0.5].map((random) => backoff(2, random))).toEqual([0, 500, 1000]);
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        expect(backoff(attempt, random)).toBeGreaterThanOrEqual(0);
        expect(backoff(attempt, random)).toBeLessThan(longestBackoff);
      }),
    );
  });
});
