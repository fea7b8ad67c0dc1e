import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDataSet } from '../../../shared/data/data_set.ts';
import { type ArrayDataSetOptions, dataSetFromArrays } from '../../../shared/data/memory_data_set.ts';
import { InputError } from '../../../shared/errors.ts';

/** Three training samples and one test sample, points of the plane in two classes. */
const options: ArrayDataSetOptions = {
  name: 'points',
  features: { shape: [2] },
  labels: { classes: 2 },
  training: { features: Float32Array.of(0, 1, 2, 3, 4, 5), labels: Uint8Array.of(0, 1, 1) },
  test: { features: Float32Array.of(6, 7), labels: Uint8Array.of(0) },
};

const sha256 = (chunks: Iterable<Uint8Array>) => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

const bytes = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe('dataSetFromArrays', () => {
  it('makes the same data set, digest included, as its fields and bytes would', () => {
    const expected = createDataSet(
      {
        name: 'points',
        fields: [
          { name: 'features', type: 'f32', shape: [2] },
          { name: 'labels', type: 'u8', shape: [], classes: 2 },
        ],
        training: { count: 3, fields: [bytes(0, 1, 2, 3, 4, 5), Uint8Array.of(0, 1, 1)] },
        test: { count: 1, fields: [bytes(6, 7), Uint8Array.of(0)] },
        validationSamples: 1,
      },
      sha256,
    );
    expect(dataSetFromArrays({ ...options, validationSamples: 1 })).toEqual(expected);
    expect(dataSetFromArrays({ ...options, validationSamples: 1, digestOf: sha256 })).toEqual(expected);
  });

  it('keeps its values when the arrays change afterwards', () => {
    const labels = Uint8Array.of(0, 1, 1);
    const dataSet = dataSetFromArrays({ ...options, training: { ...options.training, labels } });
    labels.fill(0);
    expect(dataSet.training.fields[1]).toEqual(Uint8Array.of(0, 1, 1));
  });

  it('takes arrays that are parts of larger buffers', () => {
    const whole = Float32Array.of(9, 9, 0, 1, 2, 3, 4, 5);
    const { digest } = dataSetFromArrays({
      ...options,
      training: { ...options.training, features: whole.subarray(2) },
    });
    expect(digest).toBe(dataSetFromArrays(options).digest);
  });

  it('needs no test samples, and names fields as it is told', () => {
    const { test: _test, ...rest } = options;
    const named = { features: { name: 'point', shape: [2] }, labels: { name: 'side', classes: 2 } };
    const { test, fields } = dataSetFromArrays({ ...rest, ...named });
    expect(test).toEqual({ count: 0, fields: [new Uint8Array(), new Uint8Array()] });
    expect(fields.map(({ name }) => name)).toEqual(['point', 'side']);
  });

  it('holds targets of any shape where there are no classes', () => {
    const labels = Float32Array.of(1, 2, 3, 4, 5, 6);
    const { fields } = dataSetFromArrays({
      ...options,
      labels: { shape: [2] },
      training: { ...options.training, labels },
      test: { features: new Float32Array(2), labels: new Float32Array(2) },
    });
    expect(fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [2] });
  });

  const { training, test } = options;
  it.each<readonly [string, object, string]>([
    [
      'a broken sample',
      { training: { ...training, features: new Float32Array(7) } },
      'points: training features: 7 values are not whole samples of [2]',
    ],
    [
      'a label too many',
      { training: { ...training, labels: new Uint8Array(4) } },
      'points: training labels: expected 3 values, one for each sample of features, found 4',
    ],
    [
      'a label too few',
      { test: { ...test, labels: new Uint8Array(0) } },
      'points: test labels: expected 1 values, one for each sample of features, found 0',
    ],
    [
      'targets of another shape',
      { labels: { shape: [2] }, training: { ...training, labels: new Float32Array(3) } },
      'points: training labels: expected 6 values, [2] for each sample of features, found 3',
    ],
    [
      'a label outside its classes',
      { training: { ...training, labels: Uint8Array.of(0, 1, 2) } },
      'points: training labels: sample 2 has label 2, expected 0 to 1',
    ],
    [
      'class labels that are fractions',
      { training: { ...training, labels: new Float32Array(3) } },
      'points: class labels: expected a Uint8Array or Int32Array, found a Float32Array',
    ],
    [
      'a number that is not finite',
      { training: { ...training, features: Float32Array.of(0, 1, 2, Number.NaN, 4, 5) } },
      'points: training features: sample 1 holds NaN, expected finite numbers',
    ],
    [
      'another type in the test samples',
      { test: { ...test, features: new Uint8Array(2) } },
      'points: test features: u8 values, but in training they are f32',
    ],
    [
      'a plain list',
      { training: { ...training, features: [0, 1, 2, 3, 4, 5] } },
      'points: training features: expected a Float32Array, Int32Array or Uint8Array, found Array',
    ],
    ['no class', { labels: { classes: 0 } }, 'points: labels.classes: expected a whole number of at least 1, found 0'],
    [
      'a shape without elements',
      { features: { shape: [2, 0] } },
      'points: features.shape: expected a list of at most 6 whole numbers above 0, found [2,0]',
    ],
    [
      'as many validation samples as there are',
      { validationSamples: 3 },
      'data.validationSamples: expected fewer than the 3 training samples of points, found 3',
    ],
  ])('refuses %s', (_what, change, message) => {
    expect(() => dataSetFromArrays({ ...options, ...change })).toThrow(new InputError(message));
  });
});
