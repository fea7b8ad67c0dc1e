// NumPy's arrays and CIFAR-10's records: what is read, and what is refused with one line that says where.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../../../shared/data/samples.ts';
import { InputError } from '../../../shared/errors.ts';
import { folderOfFiles, loadFrom, numbersOf } from './folder_of_files.ts';

type Values = Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array;

/** An NPY file as NumPy writes it: a header padded to 64 bytes. */
function npy(dtype: string, shape: readonly number[], values: Values, order = 'False'): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${dtype}', 'fortran_order': ${order}, 'shape': (${tuple}), }`;
  const header = text.padEnd(64 * Math.ceil((10 + text.length + 1) / 64) - 11).concat('\n');
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([
    prefix,
    Buffer.from(header),
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

/** A ZIP archive of deflated entries, with local headers, directory and end. */
function zip(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const [local, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of Object.entries(entries)) {
    const data = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const begin = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]));
    local.push(begin);
    at += begin.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, ...directory, end]);
}

const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const withNaN = Float32Array.of(1, 2, 3, 4, 5, Number.NaN, 7, 8);
const labels = Uint8Array.of(0, 1, 2, 0);

const archive = {
  'x_train.npy': npy('|u1', [4, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  'y_train.npy': npy('|u1', [4], labels),
  'x_test.npy': npy('|u1', [1, 2], Uint8Array.of(9, 10)),
  'y_test.npy': npy('|u1', [1], Uint8Array.of(2)),
};

/** A record of CIFAR-10: red, green and blue planes whose pixels tell them apart. */
const record = (label: number) =>
  Uint8Array.from({ length: 3073 }, (_, at) => (at === 0 ? label : 80 * Math.floor((at - 1) / 1024) + ((at - 1) % 8)));

const folder = folderOfFiles({
  'x.npy': npy('<f4', [4, 2], x),
  'x.npy.gz': gzipSync(npy('<f4', [4, 2], x)),
  'y.npy': npy('|u1', [4], labels),
  'long.npy': npy('<i8', [4], BigInt64Array.of(3n, 1n, 0n, 2n)),
  'huge.npy': npy('<i8', [4], BigInt64Array.of(3n, 1n, 2n ** 40n, 2n)),
  'double.npy': npy('<f8', [4], Float64Array.of(0.5, 1, 2, 3)),
  'fortran.npy': npy('<f4', [4, 2], x, 'True'),
  'half.npy': npy('<f2', [4, 2], new Uint8Array(16)),
  'big.npy': npy('>f4', [4, 2], x),
  'nan.npy': npy('<f4', [4, 2], withNaN),
  'nan-image.npy': npy('<f4', [2, 2, 2], withNaN),
  'images.npy': npy('<f4', [2, 2, 2], x),
  'two.npy': npy('|u1', [2], labels.subarray(0, 2)),
  'torn.npy': npy('<f4', [4, 2], x).subarray(0, -3),
  'header.npy': npy('<f4', [4, 2], x).subarray(0, 40),
  'records.npy': Buffer.from(npy('|u1', [4], labels).toString('latin1').replace("'|u1'", '[(1)]'), 'latin1'),
  'short.npy': npy('|u1', [3], labels.subarray(0, 3)),
  'none.npy': npy('<f4', [0, 2], new Float32Array()),
  'text.npy': 'x,y\n1,2\n',
  'set.npz': zip(archive),
  'half.npz': zip(archive).subarray(0, 300),
  'cifar/test_batch.bin': Buffer.concat([record(9), record(1)]),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`cifar/data_batch_${number}.bin`, record(number)])),
});

const load = (stated: Readonly<Record<string, unknown>>, memory?: number) =>
  loadFrom(
    folder(),
    { source: 'npy', trainingFeatures: 'x.npy', trainingLabels: 'y.npy', testFraction: 0.25, ...stated },
    memory,
  );

describe('the NPY loader', () => {
  it('reads features and labels, which are classes where they are whole numbers', async () => {
    const dataSet = await load({});
    expect(dataSet.fields).toEqual([
      { name: 'features', type: 'f32', shape: [2] },
      { name: 'labels', type: 'u8', shape: [], classes: 3 },
    ]);
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbersOf(dataSet, 'test', 1)).toEqual([0]);
    expect((await load({ trainingFeatures: 'x.npy.gz' })).digest).toBe(dataSet.digest);
  });

  it('takes whole numbers of 64 bits that fit into 32', async () => {
    const dataSet = await load({ trainingLabels: 'long.npy' });
    expect(dataSet.fields[1]).toEqual({ name: 'labels', type: 'i32', shape: [], classes: 4 });
    expect(numbersOf(dataSet, 'training', 1)).toEqual([3, 1, 0]);
  });

  it('regresses on fractions, and on whole numbers where the job says so', async () => {
    for (const [trainingLabels, task, expected] of [
      ['double.npy', undefined, [0.5, 1, 2]],
      ['y.npy', 'regression', [0, 1, 2]],
    ] as const) {
      const dataSet = await load({ trainingLabels, ...(task && { task }) });
      expect(dataSet.fields[1]).toEqual({ name: 'labels', type: 'f32', shape: [] });
      expect(numbersOf(dataSet, 'training', 1)).toEqual(expected);
    }
  });

  it('leaves features on disk that are larger than memory may hold, with the same samples', async () => {
    const stated = { validationSamples: 1, normalization: 'standard' };
    const [inMemory, onDisk] = [await load(stated), await load(stated, 10)];
    expect(inMemory.training.reader).toBeUndefined();
    expect(onDisk.training.reader).toBeDefined();
    expect(onDisk.digest).toBe(inMemory.digest);
    expect(onDisk.fields).toEqual(inMemory.fields);
    const order = Uint32Array.of(1, 0, 1);
    const { fields } = onDisk;
    expect(gather(onDisk.training, fields, order)).toEqual(gather(inMemory.training, fields, order));
  });

  it.each([
    ['Fortran order', { trainingFeatures: 'fortran.npy' }, 'fortran.npy: stored in Fortran order, expected C order'],
    ['halves', { trainingFeatures: 'half.npy' }, 'half.npy: elements of type <f2 cannot be used: expected one of |u1'],
    ['big-endian numbers', { trainingFeatures: 'big.npy' }, 'big.npy: elements of type >f4 cannot be used'],
    ['records', { trainingLabels: 'records.npy' }, 'records.npy: elements of several fields cannot be used'],
    ['NaN', { trainingFeatures: 'nan.npy' }, 'nan.npy: row 2, column 1: expected a finite number, found NaN'],
    ['NaN in an image', { trainingFeatures: 'nan-image.npy' }, 'nan-image.npy: row 1, column [0,1]: expected a finite'],
    [
      'a file that is cut off',
      { trainingFeatures: 'torn.npy' },
      'torn.npy: truncated: [4, 2] <f4 needs 32 bytes of data, found 29',
    ],
    [
      'a header that is cut off',
      { trainingFeatures: 'header.npy' },
      'header.npy: truncated: 40 bytes, within the header',
    ],
    ['an array without rows', { trainingFeatures: 'none.npy' }, 'none.npy: dimension 1 of [0, 2] is zero'],
    ['another format', { trainingFeatures: 'text.npy' }, 'text.npy: not an NPY file'],
    ['too few labels', { trainingLabels: 'short.npy' }, 'short.npy: 3 labels for the 4 samples of'],
    [
      'labels beyond 32 bits',
      { trainingLabels: 'huge.npy' },
      'huge.npy: row 2: 1099511627776 does not fit into 32 bits',
    ],
    ['labels beyond the classes', { classes: 2 }, 'y.npy: sample 2 has label 2, expected 0 to 1'],
    [
      'fractions as classes',
      { trainingLabels: 'double.npy', task: 'classification' },
      'double.npy: expected whole numbers',
    ],
    [
      'test arrays of another shape',
      { testFeatures: 'images.npy', testLabels: 'two.npy' },
      'images.npy: each sample is [2, 2] f32, in training [2] f32',
    ],
  ])('refuses %s', async (_what, stated, message) => {
    const share = 'testFeatures' in stated ? {} : { testFraction: 0.25 };
    const whole = { source: 'npy', trainingFeatures: 'x.npy', trainingLabels: 'y.npy', ...share, ...stated };
    for (const memory of [undefined, 10]) {
      const error: unknown = await loadFrom(folder(), whole, memory).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toContain(message);
      expect((error as InputError).message).not.toContain('\n');
    }
  });
});

describe('the NPZ loader', () => {
  it('reads the arrays of an archive by Keras’s names', async () => {
    const dataSet = await loadFrom(folder(), { source: 'npz', file: 'set.npz' });
    expect(numbersOf(dataSet, 'training', 0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(numbersOf(dataSet, 'test', 0)).toEqual([9, 10]);
    expect(numbersOf(dataSet, 'test', 1)).toEqual([2]);
  });

  it.each([
    [
      'a name that is not there',
      { file: 'set.npz', trainingFeatures: 'x_trian' },
      'has no array x_trian (did you mean x_train?)',
    ],
    ['an archive that is cut off', { file: 'half.npz' }, 'half.npz: not a ZIP archive, or its end is missing'],
    ['another format', { file: 'x.npy' }, 'x.npy: not a ZIP archive'],
  ])('refuses %s', async (_what, stated, message) => {
    await expect(loadFrom(folder(), { source: 'npz', ...stated })).rejects.toThrow(message);
  });
});

describe('the CIFAR-10 loader', () => {
  it('reads its batches, with the colours of a pixel side by side', async () => {
    const dataSet = await loadFrom(folder(), { source: 'cifar-10', folder: 'cifar' });
    expect(dataSet.fields[0]).toEqual({ name: 'features', type: 'u8', shape: [32, 32, 3] });
    expect(dataSet.fields[1]?.classNames?.[9]).toBe('truck');
    expect(numbersOf(dataSet, 'training', 1)).toEqual([1, 2, 3, 4, 5]);
    expect(numbersOf(dataSet, 'test', 1)).toEqual([9, 1]);
    expect(numbersOf(dataSet, 'test', 0).slice(0, 6)).toEqual([0, 80, 160, 1, 81, 161]);
  });

  describe('refuses', () => {
    beforeAll(async () => {
      for (const number of [1, 2, 3, 4, 5]) {
        for (const name of ['short', 'beyond']) {
          await mkdir(join(folder(), name), { recursive: true });
          const bad = name === 'short' ? record(1).subarray(0, 3000) : Buffer.concat([record(1), record(10)]);
          const content = number === 4 ? bad : record(1);
          await writeFile(join(folder(), name, `data_batch_${number}.bin`), content);
        }
      }
    });

    it.each([
      ['short', 'data_batch_4.bin: expected whole records of 3073 bytes, found 3000 bytes'],
      ['beyond', 'data_batch_4.bin: record 1 has label 10, expected 0 to 9'],
      ['nowhere', 'data_batch_1.bin: no such file'],
    ])('a folder %s', async (name, message) => {
      await expect(loadFrom(folder(), { source: 'cifar-10', folder: name })).rejects.toThrow(message);
    });
  });
});
