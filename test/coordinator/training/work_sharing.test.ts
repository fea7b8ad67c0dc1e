import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSharing, samplesUntil } from '../../../coordinator/training/work_sharing.ts';

const milliseconds = (max: number) => fc.double({ min: 0, max, noNaN: true });
const helper = fc.record({
  freeAt: milliseconds(1000),
  pace: fc.record({ latency: milliseconds(500), perSample: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
});

describe('planSharing', () => {
  it('shares by speed when all begin at once', () => {
    const helpers = [1, 3].map((perSample) => ({ freeAt: 0, pace: { latency: 0, perSample } }));
    const plan = planSharing(helpers, 40, 10, 0);
    expect(plan.finishAt).toBeCloseTo(30);
    expect(helpers.map(({ pace }) => samplesUntil(plan, pace, 0))).toEqual([
      expect.closeTo(30) as number,
      expect.closeTo(10) as number,
    ]);
  });

  it('leaves out who could not even begin in time', () => {
    const far = { freeAt: 0, pace: { latency: 1000, perSample: 0.001 } };
    const near = { freeAt: 0, pace: { latency: 1, perSample: 1 } };
    const plan = planSharing([far, near], 10, 10, 0);
    expect(plan.finishAt).toBeCloseTo(11);
    expect(samplesUntil(plan, far.pace, 0)).toBeLessThan(0);
  });

  it('finds the moment by which all work, and no more, can be done', () => {
    fc.assert(
      fc.property(
        fc.array(helper, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 10_000 }),
        (helpers, samples) => {
          const plan = planSharing(helpers, samples, 1, 500);
          let done = 0;
          for (const { freeAt, pace } of helpers) done += Math.max(0, samplesUntil(plan, pace, Math.max(500, freeAt)));
          expect(done / samples).toBeCloseTo(1, 6);
        },
      ),
    );
  });
});
