import { describe, expect, it } from 'vitest';
import { drawSplit, quotasOf } from '../../../shared/data/validation_split.ts';

/** 60 samples sorted by class: 30 of class 0, 20 of class 1, 10 of class 2. */
const classOf = (sample: number) => (sample < 30 ? 0 : sample < 50 ? 1 : 2);
const sorted = { samples: 60, strata: { classes: 3, classOf } };
const countsOf = (samples: Uint32Array) => [0, 1, 2].map((one) => samples.filter((at) => classOf(at) === one).length);

describe('drawSplit', () => {
  it('holds out of each class as many as is its share, though the file is sorted by class', () => {
    const { training, validation } = drawSplit({ ...sorted, held: 12, seed: 1 });
    expect([countsOf(training), countsOf(validation)]).toEqual([
      [24, 16, 8],
      [6, 4, 2],
    ]);
  });

  it('puts every sample into exactly one part, in the order of the file', () => {
    const { training, validation } = drawSplit({ samples: 1000, held: 137, seed: 3 });
    expect(validation).toHaveLength(137);
    expect(training).toEqual(training.slice().sort());
    expect(validation).toEqual(validation.slice().sort());
    expect(new Set([...training, ...validation]).size).toBe(1000);
  });

  it('draws by the seed alone, and not the tail', () => {
    const of = (seed: number) => drawSplit({ samples: 1000, held: 100, seed }).validation;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    const inTail = of(1).filter((sample) => sample >= 900).length;
    expect(inTail).toBeGreaterThan(2);
    expect(inTail).toBeLessThan(25);
  });

  it('keeps what it held out when more are held out', () => {
    const fewer = drawSplit({ ...sorted, held: 6, seed: 1 }).validation;
    const more = new Set(drawSplit({ ...sorted, held: 12, seed: 1 }).validation);
    expect(fewer.every((sample) => more.has(sample))).toBe(true);
  });
});

describe('quotasOf', () => {
  it.each([
    ['rounds by the largest loss, and of equals gives to the first', [10, 10, 10], 4, [2, 1, 1]],
    ['leaves a class of one sample in training', [1, 1, 1, 9], 4, [0, 0, 0, 4]],
    ['holds a class out whole where there is no other way', [1, 1], 1, [1, 0]],
    ['holds nothing out where nothing is asked for', [3, 0, 2], 0, [0, 0, 0]],
    ['passes over classes without samples', [0, 4, 0, 4], 2, [0, 1, 0, 1]],
  ])('%s', (_what, counts, held, quotas) => {
    expect(quotasOf(Uint32Array.from(counts), held)).toEqual(quotas);
  });
});
