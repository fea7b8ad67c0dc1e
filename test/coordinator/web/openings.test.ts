import { describe, expect, it } from 'vitest';
import { Openings } from '../../../coordinator/web/openings.ts';

describe('the openings of connections', () => {
  it('of one source wait for their turn when it opened many, each behind the one before', () => {
    const openings = new Openings({ openingsPerAddress: 2, requestSeconds: 1 });
    for (let opening = 0; opening < 20; opening++) expect(openings.turn('10.0.0.1', 0)).toBe(0);
    expect([0, 1, 2].map(() => openings.turn('10.0.0.1', 0))).toEqual([500, 1_000, undefined]);
    expect(openings.turn('::ffff:10.0.0.1', 500)).toBe(1_000);
  });

  it('of others do not', () => {
    const openings = new Openings({ openingsPerAddress: 1, requestSeconds: 10 });
    for (let opening = 0; opening < 100; opening++) openings.turn('10.0.0.1', 0);
    expect(openings.turn('10.0.0.2', 0)).toBe(0);
  });
});
