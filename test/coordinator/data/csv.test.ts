import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvLoader } from '../../../coordinator/data/csv.ts';
import type { Samples } from '../../../shared/data/samples.ts';
import { InputError } from '../../../shared/errors.ts';
import { parseJob } from '../../../shared/job/job.ts';

const files = {
  'plants.csv': 'length,species,width\n1,rose,2\n3,lily,4\n5,rose,6\n7,moss,8\n',
  'test.csv.gz': gzipSync('species,width,length\nlily,2,1\n'),
  'unknown.csv': 'length,species,width\n1,oak,2\n',
  'numbers.csv': 'x,y\n0.5,2\n-1e2,0\n',
  'beyond.csv': 'x,y\n1,3\n',
  'empty.csv': 'x,y\n1,0\n2,\n',
  'huge.csv': 'x,y\n1,0\n1e39,1\n',
  'other.csv': 'length,species\n1,rose\n',
  'latin.csv': Uint8Array.of(0x61, 0xe9),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true }));

const load = (source: { readonly training: string; readonly test?: string; readonly [key: string]: unknown }) => {
  const { test, ...rest } = source;
  const paths = { training: join(folder, source.training), ...(test && { test: join(folder, test) }) };
  const { data } = parseJob(
    {
      name: 'plants',
      data: { source: 'csv', ...rest, ...paths },
      model: { layers: [{ type: 'dense', units: 3 }] },
      loss: 'softmax-cross-entropy',
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      batchSize: 2,
      epochs: 1,
    },
    'the job',
  );
  if (data.source !== 'csv') throw new Error('not CSV');
  return csvLoader.load(data, { seed: 1, memory: 2 ** 20 });
};

const numbers = ({ fields }: Samples) => [
  [...new Float32Array(fields[0]?.slice().buffer ?? new ArrayBuffer(0))],
  [...new Int32Array(fields[1]?.slice().buffer ?? new ArrayBuffer(0))],
];

describe('the CSV loader', () => {
  it('numbers categories as they first appear in the training file, and finds columns by name', async () => {
    const { fields, training, test } = await load({ training: 'plants.csv', test: 'test.csv.gz', target: 'species' });
    expect(fields).toEqual([
      { name: 'features', type: 'f32', shape: [2], positionNames: ['length', 'width'] },
      { name: 'labels', type: 'i32', shape: [], classes: 3, classNames: ['rose', 'lily', 'moss'] },
    ]);
    expect(numbers(training)).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [0, 1, 0, 2],
    ]);
    expect(numbers(test)).toEqual([[1, 2], [1]]);
  });

  it('takes whole numbers as the classes that they are', async () => {
    const { fields, training } = await load({ training: 'numbers.csv', test: 'numbers.csv', target: 'y' });
    expect(fields[1]?.classes).toBe(3);
    expect(numbers(training)).toEqual([
      [0.5, -100],
      [2, 0],
    ]);
  });

  it('regresses on numbers', async () => {
    const source = { training: 'plants.csv', test: 'plants.csv', target: 'width', task: 'regression' };
    await expect(load(source)).rejects.toThrow('plants.csv: line 2, column species: expected a number, found "rose"');
    const { fields } = await load({ training: 'numbers.csv', test: 'numbers.csv', target: 'y', task: 'regression' });
    expect(fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [], positionNames: ['y'] });
  });

  it('holds rows out for the test at even distances, and draws those for validation by the seed', async () => {
    const source = { training: 'plants.csv', testFraction: 0.5, target: 'species', validationSamples: 1 };
    const { training, validation, test } = await load(source);
    expect([training, validation, test].map((part) => numbers(part))).toEqual([
      [[5, 6], [0]],
      [[1, 2], [0]],
      [
        [3, 4, 7, 8],
        [1, 2],
      ],
    ]);
  });

  it.each<readonly [string, Parameters<typeof load>[0], string]>([
    [
      'a misspelt target',
      { training: 'plants.csv', test: 'plants.csv', target: 'specis' },
      'plants.csv: has no column specis (did you mean species?); its columns are length, species, width',
    ],
    [
      'a category that training has not shown',
      { training: 'plants.csv', test: 'unknown.csv', target: 'species' },
      'unknown.csv: line 2, column species: expected one of rose, lily, moss, found "oak"',
    ],
    [
      'a class beyond those of training',
      { training: 'numbers.csv', test: 'beyond.csv', target: 'y' },
      'beyond.csv: line 2, column y: expected a whole number from 0 to 2, found "3"',
    ],
    [
      'a test file without a column',
      { training: 'plants.csv', test: 'other.csv', target: 'species' },
      'other.csv: has no column width; its columns are length, species',
    ],
    [
      'a number that is missing',
      { training: 'empty.csv', test: 'empty.csv', target: 'x' },
      'empty.csv: line 3, column y: expected a number, found ""',
    ],
    [
      'a number too large for f32',
      { training: 'huge.csv', test: 'huge.csv', target: 'y' },
      'huge.csv: line 3, column x: expected a number, found "1e39"',
    ],
    [
      'a share that leaves no test samples',
      { training: 'plants.csv', testFraction: 0.1, target: 'species' },
      'plants.csv: 0.1 of 4 rows leaves none for the test',
    ],
    [
      'other text than UTF-8',
      { training: 'latin.csv', test: 'plants.csv', target: 'species' },
      'latin.csv: expected text in UTF-8, found other bytes',
    ],
    ['a missing file', { training: 'nowhere.csv', testFraction: 0.5, target: 'y' }, 'nowhere.csv: no such file'],
  ])('refuses %s', async (_what, source, message) => {
    const loading = Promise.resolve().then(() => load(source));
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(message);
  });

  it.each([
    ['neither test samples', {}],
    ['both kinds of test samples', { test: 'test.csv.gz', testFraction: 0.5 }],
  ])('is not asked for a job that states %s', (_what, stated) => {
    expect(() => load({ training: 'plants.csv', target: 'species', ...stated })).toThrow(
      'the job: data: expected exactly one of test and testFraction',
    );
  });
});
