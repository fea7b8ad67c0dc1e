import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeakyBucket } from '../../../coordinator/connections/leaky_bucket.ts';

describe('LeakyBucket', () => {
  it('takes ten seconds’ worth at once, and then what has leaked', () => {
    const bucket = new LeakyBucket(2);
    for (let index = 0; index < 20; index++) expect(bucket.add(1, 0)).toBe(true);
    expect(bucket.add(1, 0)).toBe(false);
    expect(bucket.wait(1, 0)).toBe(500);
    expect(bucket.add(1, 499)).toBe(false);
    expect(bucket.add(1, 500)).toBe(true);
    expect(bucket.add(1, 500)).toBe(false);
  });

  it('runs over when forced, but no further than it was said', () => {
    const bucket = new LeakyBucket(1);
    bucket.force(12, 60_000, 0);
    expect(bucket.wait(1, 0)).toBe(3_000);
    bucket.force(1_000, 60_000, 0);
    expect(bucket.wait(0, 0)).toBe(60_000);
  });

  it('never takes more than its rate allows, whatever comes when', () => {
    const moments = fc.array(fc.record({ after: fc.nat(3_000), amount: fc.integer({ min: 1, max: 30 }) }));
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 50 }), (list, perSecond) => {
        const bucket = new LeakyBucket(perSecond);
        let now = 0;
        let taken = 0;
        for (const { after, amount } of list) {
          now += after;
          const wait = bucket.wait(amount, now);
          const isIn = bucket.add(amount, now);
          expect(isIn).toBe(wait === 0);
          if (isIn) taken += amount;
          expect(taken).toBeLessThanOrEqual(10 * perSecond + (perSecond * now) / 1_000 + 1e-6);
        }
      }),
    );
  });
});
