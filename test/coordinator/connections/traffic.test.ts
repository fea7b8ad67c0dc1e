import { describe, expect, it } from 'vitest';
import { Traffic } from '../../../coordinator/connections/traffic.ts';

const limits = { controlFrames: 2, unaskedBytes: 1_000, unaskedTime: 10 };

describe('Traffic', () => {
  it('has room for twenty control frames at once, and two a second', () => {
    const traffic = new Traffic(limits);
    for (let index = 0; index < 20; index++) expect(traffic.controlFrame(0)).toBeUndefined();
    expect(traffic.controlFrame(499)).toBe('more than 2 pings and pongs a second');
    expect(traffic.controlFrame(500)).toBeUndefined();
  });

  it('bounds bytes that nobody asked for', () => {
    const traffic = new Traffic(limits);
    traffic.beginRead(10_000, 0);
    expect(traffic.endRead(0)).toBeUndefined();
    traffic.beginRead(1, 0);
    expect(traffic.endRead(0)).toBe('more than 1000 bytes a second that nobody asked for');
  });

  it('bounds the time of reads that bring nothing', () => {
    const traffic = new Traffic({ ...limits, unaskedBytes: 1_000_000 });
    traffic.beginRead(100_000, 0);
    expect(traffic.endRead(99)).toBeUndefined();
    traffic.beginRead(10_000, 99);
    expect(traffic.endRead(102)).toBe('costs more than 10 ms a second without answering');
  });

  it('takes no time for a peer’s that its bytes cannot have cost: the machine may have been busy', () => {
    const traffic = new Traffic(limits);
    for (let now = 0; now < 10_000_000; now += 1_000) {
      traffic.beginRead(80, now);
      expect(traffic.endRead(now + 900)).toBeUndefined();
    }
  });

  it('counts a read for something even if its bytes are looked at in no time', () => {
    const traffic = new Traffic({ ...limits, unaskedBytes: 1_000_000 });
    const reads = () => {
      for (let count = 0; count < 100_000; count++) {
        traffic.beginRead(1, 0);
        if (traffic.endRead(0) !== undefined) return count;
      }
      return Number.POSITIVE_INFINITY;
    };
    expect(reads()).toBe(5_000);
  });

  it('counts neither bytes nor time of what was asked for', () => {
    const traffic = new Traffic(limits);
    for (let now = 0; now < 10_000_000; now += 1_000) {
      traffic.beginRead(100_000, now);
      traffic.wasAsked(60_000);
      traffic.wasAsked(40_000);
      expect(traffic.endRead(now + 900)).toBeUndefined();
      traffic.beginRead(80, now + 900);
      traffic.wasAnswered();
      expect(traffic.endRead(now + 999)).toBeUndefined();
    }
  });

  it('counts the time of an answer that dribbles', () => {
    const traffic = new Traffic(limits);
    let reads = 0;
    const next = () => {
      traffic.beginRead(100, 0);
      traffic.wasAsked(100);
      reads += 1;
      return traffic.endRead(60);
    };
    while (next() === undefined);
    expect(reads).toBeLessThan(1_000);
  });
});
