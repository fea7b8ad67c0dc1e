import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../../coordinator/connections/arrivals.ts';

function arriveAtOnce(arrivals: Arrivals, source: string, count: number): number {
  return Array.from({ length: count }, () => arrivals.arrive(source, 0)).filter((wait) => wait === 0).length;
}

describe('Arrivals', () => {
  it('lets as many come from one source as it may, and tells the next when', () => {
    const arrivals = new Arrivals({ arrivals: 1_000, arrivalsPerAddress: 4 });
    expect(arriveAtOnce(arrivals, 'a', 100)).toBe(40);
    expect(arrivals.arrive('a', 0)).toBe(250);
    expect(arrivals.arrive('b', 0)).toBe(0);
    expect(arrivals.arrive('a', 250)).toBe(0);
  });

  it('lets as many come from everywhere as it may', () => {
    const arrivals = new Arrivals({ arrivals: 1, arrivalsPerAddress: 1_000 });
    expect(arriveAtOnce(arrivals, 'a', 100)).toBe(10);
    expect(arrivals.arrive('b', 0)).toBe(1_000);
  });

  it('does not count those whom it lets wait', () => {
    const arrivals = new Arrivals({ arrivals: 1_000, arrivalsPerAddress: 1 });
    arriveAtOnce(arrivals, 'a', 1_000);
    expect(arrivals.arrive('a', 0)).toBe(1_000);
  });

  it('lets a source wait longer the more often it is to blame, but never more than a minute', () => {
    const arrivals = new Arrivals({ arrivals: 1_000, arrivalsPerAddress: 10 });
    const waits = Array.from({ length: 100 }, () => {
      arrivals.blame('a', 0);
      return arrivals.arrive('a', 0);
    });
    expect(waits.slice(0, 4)).toEqual([0, 0, 0, 0]); // Once or twice hurts nobody.
    expect(waits.slice(4, 7)).toEqual([500, 2_500, 4_500]);
    expect(waits.at(-1)).toBe(60_100);
    expect(arrivals.arrive('b', 0)).toBe(0);
    expect(arrivals.arrive('a', 60_100)).toBe(0);
  });

  it('remembers so many sources and no more, the latest', () => {
    const arrivals = new Arrivals({ arrivals: 1_000_000, arrivalsPerAddress: 1 });
    arriveAtOnce(arrivals, 'old', 10);
    for (let index = 0; index < 5_000; index++) arrivals.arrive(`${index}`, 0);
    expect(arrivals.arrive('old', 0)).toBe(1_000);
    for (let index = 5_000; index < 15_000; index++) arrivals.arrive(`${index}`, 0);
    expect(arrivals.arrive('old', 0)).toBe(0);
  });
});
