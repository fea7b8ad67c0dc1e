import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataSet } from '../../../coordinator/data/data_sources.ts';
import { loadMnist, mnistFiles } from '../../../coordinator/data/mnist.ts';
import { InputError } from '../../../shared/errors.ts';

const source = {
  source: 'idx',
  trainingImages: 'training-images',
  trainingLabels: 'training-labels',
  testImages: 'test-images.gz',
  testLabels: 'test-labels',
  validationSamples: 1,
} as const;

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
  const files = {
    'training-images': hex('00000803 00000003 00000001 00000002 010203040506'),
    'training-labels': hex('00000801 00000003 000102'),
    'test-images.gz': gzipSync(hex('00000803 00000001 00000001 00000002 0708')),
    'test-labels': hex('00000801 00000001 02'),
    'test-labels-beyond': hex('00000801 00000001 03'),
    'test-images-wide': hex('00000803 00000001 00000001 00000003 070809'),
    targets: hex('00000d01 00000003 3f000000 3f800000 bf800000'),
    'test-target': hex('00000d01 00000001 40000000'),
    truncated: hex('00000803 00000001 00000001 00000002 07'),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

function loadIdx(change: object = {}) {
  const { trainingImages, trainingLabels, testImages, testLabels, ...rest } = { ...source, ...change };
  return loadDataSet({
    seed: 1,
    data: {
      ...rest,
      trainingImages: join(folder, trainingImages),
      trainingLabels: join(folder, trainingLabels),
      testImages: join(folder, testImages),
      testLabels: join(folder, testLabels),
    },
  });
}

describe('loadDataSet with source idx', () => {
  it('reads four files, plain or gzip', async () => {
    const { name, fields, training, validation, test } = await loadIdx();
    expect(name).toBe('idx');
    expect(fields).toEqual([
      { name: 'image', type: 'u8', shape: [1, 2, 1] },
      { name: 'label', type: 'u8', shape: [], classes: 3 },
    ]);
    const bytesOf = (samples: typeof training) => samples.fields.map((field) => [...field]);
    expect([training.count, bytesOf(training)]).toEqual([
      2,
      [
        [3, 4, 5, 6],
        [1, 2],
      ],
    ]);
    expect([validation.count, bytesOf(validation)]).toEqual([1, [[1, 2], [0]]]);
    expect([test.count, bytesOf(test)]).toEqual([1, [[7, 8], [2]]]);
  });

  it('regresses on labels that are fractions', async () => {
    const { fields, training, test } = await loadIdx({
      trainingLabels: 'targets',
      testLabels: 'test-target',
      validationSamples: 0,
    });
    expect(fields[1]).toEqual({ name: 'label', type: 'f32', shape: [] });
    const targetsOf = (samples: typeof training) => [...new Float32Array(samples.fields[1]?.slice().buffer ?? [])];
    expect([targetsOf(training), targetsOf(test)]).toEqual([[0.5, 1, -1], [2]]);
  });

  it('takes the number of classes from the job', async () => {
    expect((await loadIdx({ testLabels: 'test-labels-beyond', classes: 7 })).fields[1]?.classes).toBe(7);
  });

  it.each([
    [{ testImages: 'missing' }, 'missing: no such file'],
    [{ testImages: 'truncated' }, 'truncated: truncated: [1, 1, 2] u8 needs 2 bytes of data, found 1'],
    [{ testLabels: 'test-labels-beyond' }, 'test-labels-beyond: sample 0 has label 3, expected 0 to 2'],
    [{ classes: 2 }, 'training-labels: sample 2 has label 2, expected 0 to 1'],
    [{ testImages: 'training-images' }, 'test-labels: 1 labels for the 3 images of'],
    [{ testImages: 'test-images-wide' }, 'test-images-wide: each image is [1, 3, 1] u8, in training [1, 2, 1] u8'],
    [{ trainingImages: 'training-labels' }, 'training-labels: expected images, found a list of 3 numbers'],
    [{ validationSamples: 3 }, 'data.validationSamples: expected fewer than the 3 training samples of idx, found 3'],
  ])('refuses %j by name', async (change, message) => {
    const loading = loadIdx(change);
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(message);
  });
});

describe('loadDataSet with source mnist', () => {
  it('loads the 60,000 and 10,000 images of the real data', async () => {
    const { fields, training, validation, test, digest } = await loadDataSet({
      seed: 1,
      data: { source: 'mnist', validationSamples: 0 },
    });
    expect([training.count, validation.count, test.count]).toEqual([60_000, 0, 10_000]);
    expect(fields).toEqual([
      { name: 'image', type: 'u8', shape: [28, 28, 1] },
      { name: 'label', type: 'u8', shape: [], classes: 10 },
    ]);
    // The first labels of the training and of the test set, as everybody knows them.
    expect([...(training.fields[1] ?? []).slice(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...(test.fields[1] ?? []).slice(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('holds out of each digit as many as is its share', async () => {
    const { training, validation } = await loadMnist({ validationSamples: 6000, seed: 1 });
    const countsOf = ({ fields }: typeof training) =>
      Array.from({ length: 10 }, (_, digit) => (fields[1] ?? new Uint8Array()).filter((one) => one === digit).length);
    const held = countsOf(validation);
    countsOf(training).forEach((left, digit) => {
      const count = held[digit] ?? 0;
      expect(Math.abs(count - (left + count) / 10)).toBeLessThan(1);
    });
  });

  it('refuses training images that are not MNIST’s', async () => {
    const files = mnistFiles();
    const other = { ...files, trainingImages: files.testImages, trainingLabels: files.testLabels };
    await expect(loadMnist({ validationSamples: 0 }, other)).rejects.toThrow(
      `${files.testImages}: not MNIST's training images: SHA-256 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7, expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db`,
    );
  });
});

describe('loadDataSet with source memory', () => {
  it('says that only the program that defined the job has its data', async () => {
    const loading = loadDataSet({ seed: 1, data: { source: 'memory', digest: '0'.repeat(64) } });
    await expect(loading).rejects.toThrow(
      new InputError(
        "data.source memory: the job's data is in the memory of the program that defined it: go on from that program",
      ),
    );
  });
});
