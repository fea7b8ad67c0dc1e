import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, backoffAsked, type LossCause, longestAsked } from '../../../worker/session/backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoff', () => {
  it('doubles its bound up to the longest', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 5000].map((attempt) => backoff(attempt, 1));
    expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it('is spread evenly from 0 to its bound', () => {
    expect([0, 0.25, 0.5].map((random) => backoff(2, random))).toEqual([0, 500, 1000]);
    fc.assert(
      fc.property(fc.nat(), chance, (attempt, random) => {
        expect(backoff(attempt, random)).toBeGreaterThanOrEqual(0);
        expect(backoff(attempt, random)).toBeLessThan(10_000);
      }),
    );
  });

  it.each<[LossCause, number, number]>([
    ['busy', 10_000, 120_000],
    ['violation', 30_000, 900_000],
    ['limit', 30_000, 900_000],
  ])('after %s is at least %i ms and at most %i', (cause, least, most) => {
    fc.assert(
      fc.property(fc.nat(), chance, (attempt, random) => {
        expect(backoff(attempt, random, cause)).toBeGreaterThanOrEqual(least);
        expect(backoff(attempt, random, cause)).toBeLessThan(most);
      }),
    );
  });

  it('is at least what was asked for, up to a bound, and spreads those who were asked the same', () => {
    fc.assert(
      fc.property(chance, fc.integer({ min: 0, max: 10 * longestAsked }), (random, asked) => {
        const wait = backoffAsked(0, random, 'busy', asked);
        expect(wait).toBeGreaterThanOrEqual(Math.min(asked, longestAsked));
        expect(wait).toBeLessThanOrEqual(longestAsked + 10_000);
      }),
    );
    expect(backoffAsked(0, 0.9, 'busy', 60_000)).toBeGreaterThan(backoffAsked(0, 0.1, 'busy', 60_000));
  });
});
