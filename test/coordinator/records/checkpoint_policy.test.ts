import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCheckpointDue, supersededCheckpoints } from '../../../coordinator/records/checkpoint_policy.ts';

describe('isCheckpointDue', () => {
  it('is so at every multiple of the steps, and so many seconds after the last one', () => {
    const policy = { steps: 50, seconds: 60, keep: 3 };
    expect(isCheckpointDue(policy, 149, 1_000)).toBe(false);
    expect(isCheckpointDue(policy, 150, 1_000)).toBe(true);
    expect(isCheckpointDue(policy, 101, 59_999)).toBe(false);
    expect(isCheckpointDue(policy, 101, 60_000)).toBe(true);
  });

  it('is never so between epochs if both are 0', () => {
    expect(isCheckpointDue({ steps: 0, seconds: 0, keep: 3 }, 1e6, 1e12)).toBe(false);
  });
});

describe('supersededCheckpoints', () => {
  it('keeps the newest and those that are to stay, and nothing else', () => {
    expect(supersededCheckpoints([10, 40, 20, 30, 50], 2, [20, undefined])).toEqual([30, 10]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 5 }), fc.nat(), (steps, keep, pick) => {
        const best = steps[pick % Math.max(1, steps.length)];
        const removed = new Set(supersededCheckpoints(steps, keep, [best]));
        const kept = steps.filter((step) => !removed.has(step));
        expect(kept.length).toBeLessThanOrEqual(keep + 1);
        if (best !== undefined) expect(kept).toContain(best);
        for (const step of [...steps].sort((a, b) => b - a).slice(0, keep)) expect(kept).toContain(step);
      }),
    );
  });
});
