import { describe, expect, it } from 'vitest';
import { RequestRate } from '../../../coordinator/web/request_rate.ts';

function begin(perSecond: number) {
  let time = 0;
  const rate = new RequestRate(perSecond, () => time);
  const taken = (address: string, requests: number) =>
    Array.from({ length: requests }, () => rate.take(address)).filter(Boolean).length;
  return {
    rate,
    taken,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe('the rate of requests', () => {
  it('is bounded for each source, with room for twice as many at once', () => {
    const { taken, pass } = begin(10);
    expect(taken('10.0.0.1', 100)).toBe(20);
    expect(taken('10.0.0.2', 100)).toBe(20);
    pass(500);
    expect(taken('10.0.0.1', 100)).toBe(5);
    pass(3_600_000);
    expect(taken('10.0.0.1', 100)).toBe(20);
  });

  it('counts a large answer for more, but never for more than there is room', () => {
    const { rate } = begin(10);
    expect(rate.take('10.0.0.1', 15)).toBe(true);
    expect(rate.take('10.0.0.1', 6)).toBe(false);
    expect(rate.take('10.0.0.1', 5)).toBe(true);
    expect(rate.take('10.0.0.2', 1_000)).toBe(true);
  });

  it('is remembered of so many sources', () => {
    const { rate, taken } = begin(1);
    taken('10.0.0.1', 2);
    taken('10.0.0.2', 2);
    for (let source = 0; source < 9_999; source++) rate.take(`10.1.${source >> 8}.${source & 255}`);
    expect(rate.take('10.0.0.2')).toBe(false);
    expect(rate.take('10.0.0.1')).toBe(true);
  });
});
