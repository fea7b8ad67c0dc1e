import { describe, expect, it } from 'vitest';
import type { Pointer } from '../../../shared/engine/kernels.ts';
import { philox } from '../../../shared/random/philox.ts';
import { engines, profiles } from './profiles.ts';

const seed = { low: 0xa4093822, high: 0x0013198a } as const;
const [purpose, index] = [3, 0x85a308d3];

/** The 32-bit words of elements 0, 1 …, by the generator that is held against published answers in philox.test.ts. */
function words(elements: number): Uint32Array {
  const all = new Uint32Array(Math.ceil(elements / 4) * 4);
  for (let block = 0; block * 4 < elements; block++) {
    philox(all.subarray(block * 4), seed.low, seed.high, block, index, purpose, 0);
  }
  return all.subarray(0, elements);
}

/** The normal distribution function by its series about 0 (Abramowitz and Stegun 26.2.11), exact enough below 6. */
function normalDistribution(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

describe.each(profiles)('random numbers of the engine, %s', (profile) => {
  const engine = engines[profile];
  const { kernels } = engine;
  const filled = (elements: number, fill: (output: Pointer) => void) => {
    const output = engine.allocate(4 * elements);
    fill(output);
    return engine.float32(output, elements).slice();
  };
  const uniform = (n: number, low: number, high: number) =>
    filled(n, (o) => kernels.fillUniform(o, n, seed.low, seed.high, purpose, index, low, high));
  const normal = (n: number, deviation: number, at = index) =>
    filled(n, (o) => kernels.fillNormal(o, n, seed.low, seed.high, purpose, at, deviation));

  it('are uniform by the leading 24 bits of each word', () => {
    const expected = Float32Array.from(words(1001), (word) => (word >>> 8) * 2 ** -24);
    expect(uniform(1001, 0, 1)).toEqual(expected);
    expect(uniform(1001, -0.5, 0.5)).toEqual(expected.map((unit) => unit - 0.5));
  });

  it('do not depend on how many are drawn', () => {
    expect(normal(7, 1)).toEqual(normal(1000, 1).slice(0, 7));
  });

  it('are normal by the inverse of the distribution function', () => {
    // Deviates beyond 4 leave 1 - Φ too few digits for a check; the probabilities on either side mirror each other.
    const probabilities = Array.from(words(5000), (word) => (word + 0.5) / 2 ** 32);
    const deviates = normal(5000, 1);
    for (const [at, probability] of probabilities.entries()) {
      const x = Math.abs(deviates[at] ?? NaN);
      const tail = Math.min(probability, 1 - probability);
      const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
      // PPND7's relative error is about 1e-7, and f32 adds 6e-8.
      expect(Math.abs(1 - normalDistribution(x) - tail)).toBeLessThan(density * (2.5e-7 * x + 1e-9));
    }
  });

  it('have the moments of the normal distribution', () => {
    const [n, deviation] = [100_000, 2];
    const deviates = normal(n, deviation);
    const moment = (power: number) => deviates.reduce((sum, x) => sum + (x / deviation) ** power, 0) / n;
    // Five standard errors each: sqrt(1/n), sqrt(2/n), sqrt(15/n), sqrt(96/n).
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('are others for another index', () => {
    const [one, other] = [normal(1000, 1), normal(1000, 1, index + 1)];
    expect(one.filter((value, at) => value === other[at])).toHaveLength(0);
  });
});

describe('random numbers of the two profiles', () => {
  it('are the same bits', () => {
    const [portable, fused] = profiles.map((profile) => {
      const engine = engines[profile];
      const output = engine.allocate(4000);
      engine.kernels.fillNormal(output, 1000, 1, 2, 3, 4, 0.5);
      return engine.float32(output, 1000).slice();
    });
    expect(fused).toEqual(portable);
  });
});
