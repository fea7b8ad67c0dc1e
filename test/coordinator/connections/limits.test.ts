import { describe, expect, it } from 'vitest';
import { limitNames, limits, limitsOf } from '../../../coordinator/connections/limits.ts';

describe('limits', () => {
  it('have defaults within their ranges, and a flag each', () => {
    expect(limitsOf()).toEqual(Object.fromEntries(limitNames.map((name) => [name, limits[name].default])));
    expect(new Set(limitNames.map((name) => limits[name].flag)).size).toBe(limitNames.length);
  });

  it('are those that are given, and else the defaults', () => {
    expect(limitsOf({ connections: 7 })).toEqual({ ...limitsOf(), connections: 7 });
  });

  it.each([0, 1_000_001, 2.5, Number.NaN])('refuse %d connections, and say what is right', (connections) => {
    expect(() => limitsOf({ connections })).toThrow(
      `limit connections: expected a whole number of connections from 1 to 1000000, found ${connections}`,
    );
  });
});
