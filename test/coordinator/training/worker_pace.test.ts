import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedTime, Pace } from '../../../coordinator/training/worker_pace.ts';

describe('Pace', () => {
  it('tells the part of a lease from the part of a sample', () => {
    const pace = Pace.ofFirst(100, 30, 20);
    expect(pace).toMatchObject({ latency: 10, perSample: 0.2 });
    expect(expectedTime(pace, 200)).toBe(50);
  });

  it('follows a change of speed', () => {
    const pace = Pace.ofFirst(100, 100, 100);
    for (let answer = 0; answer < 40; answer++) pace.record(100, 10, 10);
    expect(expectedTime(pace, 100)).toBeCloseTo(10, 1);
  });

  it('believes a measurement more, the longer there was none', () => {
    const afterPause = (unmeasured: number) => {
      const pace = Pace.ofFirst(100, 100, 100);
      pace.record(100, 10, 10, unmeasured);
      return expectedTime(pace, 100);
    };
    expect([0, 1, 2, 32].map((pause) => Math.round(afterPause(pause)))).toEqual([78, 61, 48, 10]);
  });

  it('waits for a steady worker little longer than it needs, for an unsteady one longer', () => {
    const [steady, unsteady] = [Pace.ofFirst(100, 1000, 900), Pace.ofFirst(100, 1000, 900)];
    for (let answer = 0; answer < 40; answer++) {
      steady.record(100, 1000, 900);
      unsteady.record(100, answer % 2 === 0 ? 500 : 1500, 400);
    }
    expect(steady.patience(100)).toBeLessThan(1100);
    expect(unsteady.patience(100)).toBeGreaterThan(1500);
  });

  it('waits longer each time that a deadline was missed, so that no worker is too slow for ever', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), (needed) => {
        const pace = Pace.ofFirst(10, 1, 1);
        let missed = 0;
        while (pace.patience(10) < needed && missed < 100) {
          pace.recordMissed();
          pace.record(10, needed, needed);
          missed += 1;
        }
        expect(pace.patience(10)).toBeGreaterThanOrEqual(needed);
      }),
    );
  });

  it('does not believe that nothing was computed, nor that more was than there was time for', () => {
    expect(Pace.ofFirst(10, 100, 0).perSample).toBeGreaterThan(0);
    expect(Pace.ofFirst(10, 100, 1e9)).toMatchObject({ latency: 0, perSample: 10 });
  });
});
