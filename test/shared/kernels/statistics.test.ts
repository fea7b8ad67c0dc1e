import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engines, floats, profiles, testValues } from './profiles.ts';

const f = Math.fround;

describe.each(profiles)('movingAverage, %s', (profile) => {
  const engine = engines[profile];

  it('gives the bits of a plain loop at every length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 1000 }), (elements, seed) => {
        const [values, sums] = [testValues(elements, seed), testValues(elements, seed + 1)];
        const [samples, momentum] = [7, f(0.3)];
        const state = floats(engine, [...values, 12_345]);
        expect(engine.kernels.movingAverage(state, floats(engine, sums), elements, samples, momentum)).toBe(1);
        const kept = f(1 - momentum);
        const expected = values.map((value, at) => f(kept * value) + f(momentum * f((sums[at] ?? 0) * f(1 / samples))));
        expect([...engine.float32(state, elements + 1)]).toEqual([...expected, 12_345]);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 4, 5])('says that element %s of 6 is not finite', (at) => {
    const state = floats(engine, testValues(6, 1));
    const sums = testValues(6, 2);
    sums[at] = Number.NaN;
    expect(engine.kernels.movingAverage(state, floats(engine, sums), 6, 1, 0.3)).toBe(0);
  });
});
