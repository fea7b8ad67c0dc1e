import { describe, expect, it } from 'vitest';
import { dataSetFromSamples, type Sample } from '../../../shared/data/collected_data_set.ts';
import { dataSetFromArrays } from '../../../shared/data/memory_data_set.ts';
import { InputError } from '../../../shared/errors.ts';

const samples: readonly Sample[] = [
  { features: [0, 1], label: 0 },
  { features: [2, 3], label: 1 },
  { features: Float32Array.of(4, 5), label: 1 },
];

async function* stream(given: readonly Sample[]): AsyncGenerator<Sample> {
  for (const sample of given) yield await Promise.resolve(sample);
}

const described = { name: 'points', features: { shape: [2] }, labels: { classes: 2 } };

describe('dataSetFromSamples', () => {
  it('is the data set that arrays of the same numbers make', async () => {
    const features = Float32Array.of(0, 1, 2, 3, 4, 5);
    const expected = dataSetFromArrays({
      ...described,
      training: { features, labels: Int32Array.of(0, 1, 1) },
      test: { features: features.subarray(0, 2), labels: Int32Array.of(0) },
      validationSamples: 1,
    });
    const test = samples.slice(0, 1);
    const given = { ...described, test, validationSamples: 1 };
    expect(await dataSetFromSamples({ ...given, training: samples })).toEqual(expected);
    expect(await dataSetFromSamples({ ...given, training: stream(samples) })).toEqual(expected);
  });

  it('takes more samples than it has room for at first', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ features: [index, -index], label: index % 2 }));
    const { training } = await dataSetFromSamples({ ...described, training: many });
    expect(training.count).toBe(1000);
    const values = new Float32Array(training.fields[0]?.slice().buffer ?? new ArrayBuffer(0));
    expect([...values.slice(-4)]).toEqual([998, -998, 999, -999]);
  });

  it('stores features in the type that is asked for, and targets as f32', async () => {
    const { fields } = await dataSetFromSamples({
      features: { shape: [2], type: 'u8' },
      labels: { shape: [2] },
      training: [{ features: [0, 255], label: [0.5, 1] }],
    });
    expect(fields.map(({ type }) => type)).toEqual(['u8', 'f32']);
  });

  it.each<readonly [string, Sample, object, string]>([
    [
      'too few values',
      { features: [1], label: 0 },
      {},
      'points: training features: sample 1: expected 2 values, [2], found 1',
    ],
    [
      'too many values',
      { features: [1, 2, 3], label: 0 },
      {},
      'points: training features: sample 1: expected 2 values, [2], found 3',
    ],
    [
      'half a class',
      { features: [1, 2], label: 0.5 },
      {},
      'points: training labels: sample 1: expected whole numbers of 32 bits, found 0.5',
    ],
    [
      'a class too many',
      { features: [1, 2], label: 2 },
      {},
      'points: training labels: sample 1 has label 2, expected 0 to 1',
    ],
    [
      'a number too large for f32',
      { features: [1, 1e39], label: 0 },
      {},
      'points: training features: sample 1: expected finite numbers, found 1e+39',
    ],
    [
      'a number too large for a byte',
      { features: [1, 256], label: 0 },
      { features: { shape: [2], type: 'u8' } },
      'points: training features: sample 1: expected whole numbers from 0 to 255, found 256',
    ],
    [
      'a shape that cannot be',
      { features: [1, 2], label: 0 },
      { features: { shape: [-2] } },
      'points: features.shape: expected a list of at most 6 whole numbers above 0, found [-2]',
    ],
  ])('refuses %s', async (_what, sample, change, message) => {
    const training = [{ features: [0, 1], label: 0 }, sample];
    await expect(dataSetFromSamples({ ...described, training, ...change })).rejects.toThrow(new InputError(message));
  });

  it('lets through what a stream throws', async () => {
    const broken = (async function* (): AsyncGenerator<Sample> {
      yield* stream(samples);
      throw new Error('the line went dead');
    })();
    await expect(dataSetFromSamples({ ...described, training: broken })).rejects.toThrow('the line went dead');
  });
});
