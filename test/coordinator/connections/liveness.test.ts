import { describe, expect, it } from 'vitest';
import { faultOf } from '../../../coordinator/connections/liveness.ts';

const fine = { receivedAt: 0, excusedUntil: undefined, arriving: undefined, unsent: undefined };

describe('faultOf', () => {
  it('finds an idle worker that has been silent for 20 s', () => {
    expect(faultOf(fine, 20_000)).toBeUndefined();
    expect(faultOf(fine, 20_001)).toBe('no sign of life for 20 s');
    expect(faultOf({ ...fine, receivedAt: 10_000 }, 25_000)).toBeUndefined();
  });

  it('excuses the silence of a worker that computes', () => {
    expect(faultOf({ ...fine, excusedUntil: 90_000 }, 110_000)).toBeUndefined();
    expect(faultOf({ ...fine, excusedUntil: 90_000 }, 110_001)).toMatch(/no sign of life for 110 s/);
  });

  it('excuses the silence of a worker that takes what it is sent, until it takes no more', () => {
    const unsent = { since: 60_000, bytes: 10_000_000 };
    expect(faultOf({ ...fine, unsent }, 80_000)).toBeUndefined();
    expect(faultOf({ ...fine, unsent }, 80_001)).toMatch(/no sign of life for 80 s/);
  });

  it('gives a link of 256 kbit/s the time it needs, and no more', () => {
    const unsent = { since: 0, bytes: 320_000 };
    expect(faultOf({ ...fine, receivedAt: 30_000, unsent }, 30_000)).toBeUndefined();
    expect(faultOf({ ...fine, receivedAt: 30_001, unsent }, 30_001)).toBe(
      'takes nothing it is sent: 320000 bytes have waited for 30 s',
    );
  });

  it('does not take a message that hardly comes for a sign of life', () => {
    const arriving = { since: 0, bytes: 1_000_000, come: 320_000 };
    expect(faultOf({ ...fine, receivedAt: 29_000, arriving }, 30_000)).toBeUndefined();
    expect(faultOf({ ...fine, receivedAt: 30_000, arriving }, 30_001)).toBe(
      'only 320000 bytes of a message of 1000000 have come in 30 s',
    );
    expect(faultOf({ ...fine, receivedAt: 24_000, arriving: { ...arriving, come: 4 } }, 24_000)).toMatch(
      /^only 4 bytes/,
    );
  });
});
