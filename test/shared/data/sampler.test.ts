import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../shared/data/sampler.ts';

const options = fc.record({
  samples: fc.integer({ min: 1, max: 200 }),
  batchSize: fc.integer({ min: 1, max: 250 }),
  seed: fc.maxSafeNat(),
});

describe('createSampler with kind shuffle', () => {
  it('uses every sample exactly once an epoch', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 5 }), ({ samples, batchSize, seed }, epoch) => {
        const sampler = createSampler({ kind: 'shuffle', samples, batchSize, seed });
        const first = epoch * sampler.stepsPerEpoch;
        const steps = Array.from({ length: sampler.stepsPerEpoch }, (_, step) => [...sampler.indices(first + step)]);
        expect(steps.flat().sort((left, right) => left - right)).toEqual([...Array(samples).keys()]);
      }),
    );
  });

  it('makes only the last mini-batch of an epoch smaller', () => {
    const sampler = createSampler({ kind: 'shuffle', samples: 10, batchSize: 4, seed: 1 });
    expect(sampler.stepsPerEpoch).toBe(3);
    expect([0, 1, 2, 3, 4, 5].map(sampler.samplesInStep)).toEqual([4, 4, 2, 4, 4, 2]);
  });

  it('shuffles each epoch anew', () => {
    const sampler = createSampler({ kind: 'shuffle', samples: 100, batchSize: 100, seed: 1 });
    expect(sampler.indices(0)).not.toEqual(sampler.indices(1));
  });
});

describe('createSampler with kind random', () => {
  it('draws whole mini-batches, with replacement, from the whole set', () => {
    const sampler = createSampler({ kind: 'random', samples: 10, batchSize: 4, seed: 1 });
    expect(sampler.stepsPerEpoch).toBe(3);
    expect([0, 1, 2].map((step) => sampler.indices(step).length)).toEqual([4, 4, 4]);
    expect(createSampler({ kind: 'random', samples: 3, batchSize: 50, seed: 1 }).indices(0).length).toBe(50);
  });

  it('draws every sample equally often in the long run', () => {
    const samples = 20;
    const sampler = createSampler({ kind: 'random', samples, batchSize: 100, seed: 5 });
    const counts = new Float64Array(samples);
    for (let step = 0; step < 400; step++) {
      for (const index of sampler.indices(step)) counts[index] = (counts[index] ?? 0) + 1;
    }
    const expected = (400 * 100) / samples;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 19 degrees of freedom: between the 0.1 % and the 99.9 % point.
    expect(chiSquared).toBeGreaterThan(5.4);
    expect(chiSquared).toBeLessThan(43.8);
  });
});

describe.each(['shuffle', 'random'] as const)('createSampler with kind %s', (kind) => {
  it('is pure in the step, whatever order steps are asked in', () => {
    const anyOrder = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(options, anyOrder, ({ samples, batchSize, seed }, steps) => {
        const asked = createSampler({ kind, samples, batchSize, seed });
        for (const step of steps) {
          const fresh = createSampler({ kind, samples, batchSize, seed });
          expect(asked.indices(step)).toEqual(fresh.indices(step));
        }
      }),
    );
  });

  it('says how many samples a step has, and draws as many, all of them in the set', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 500 }), ({ samples, batchSize, seed }, step) => {
        const sampler = createSampler({ kind, samples, batchSize, seed });
        const indices = sampler.indices(step);
        expect(indices.length).toBe(sampler.samplesInStep(step));
        expect(indices.every((index) => index < samples)).toBe(true);
      }),
    );
  });

  it('hands out an array that the caller may change', () => {
    const sampler = createSampler({ kind, samples: 10, batchSize: 4, seed: 1 });
    const expected = [...sampler.indices(0)];
    sampler.indices(0).fill(9);
    expect([...sampler.indices(0)]).toEqual(expected);
  });

  it.each([
    { samples: 0, batchSize: 1 },
    { samples: 1, batchSize: 0 },
    { samples: 1, batchSize: 1.5 },
  ])('refuses %o', (sizes) => {
    expect(() => createSampler({ kind, seed: 1, ...sizes })).toThrow(/expected a whole number above 0/);
  });
});
