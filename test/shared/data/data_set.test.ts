import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDataSet, type DataSetParts } from '../../../shared/data/data_set.ts';
import { gather, samplesReadBy, sliceSamples } from '../../../shared/data/samples.ts';
import { InputError } from '../../../shared/errors.ts';

function sha256(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Four training samples and two test samples of two pixels; a label is told by its first pixel. */
const parts: DataSetParts = {
  name: 'tiny',
  fields: [
    { name: 'image', type: 'u8', shape: [2] },
    { name: 'label', type: 'u8', shape: [], classes: 3 },
  ],
  training: { count: 4, fields: [Uint8Array.of(0, 9, 1, 9, 2, 9, 0, 9), Uint8Array.of(0, 1, 2, 0)] },
  test: { count: 2, fields: [Uint8Array.of(1, 8, 2, 8), Uint8Array.of(1, 2)] },
  validationSamples: 0,
};

describe('createDataSet', () => {
  it('holds a drawn sample of the largest class out for validation, and leaves the test samples alone', () => {
    const { training, validation, test } = createDataSet({ ...parts, validationSamples: 1 }, sha256);
    expect(training).toEqual({ count: 3, fields: [Uint8Array.of(1, 9, 2, 9, 0, 9), Uint8Array.of(1, 2, 0)] });
    expect(validation).toEqual({ count: 1, fields: [Uint8Array.of(0, 9), Uint8Array.of(0)] });
    expect(test).toEqual(parts.test);
  });

  it('draws it by the seed', () => {
    const fields = [{ name: 'x', type: 'u8', shape: [] }] as const;
    const samples = { count: 200, fields: [Uint8Array.from({ length: 200 }, (_, index) => index)] };
    const split = (seed: number) =>
      createDataSet({ ...parts, fields, training: samples, test: samples, validationSamples: 20, seed }, sha256);
    expect(split(1).validation).toEqual(split(1).validation);
    expect(split(1).validation).not.toEqual(split(2).validation);
  });

  it('treats samples that are read when they are needed like those in memory', () => {
    const { fields } = parts;
    const stored = samplesReadBy(
      (field, indices, target) => target.set(gather(parts.training, fields, indices).fields[field] ?? []),
      fields,
      4,
    );
    const inMemory = createDataSet({ ...parts, validationSamples: 2 }, sha256);
    const read = createDataSet({ ...parts, training: stored, validationSamples: 2 }, sha256);
    expect(read.digest).toBe(inMemory.digest);
    expect([...read.training.fields]).toEqual(inMemory.training.fields);
    expect(sliceSamples(read.training, fields, 1, 2)).toEqual(sliceSamples(inMemory.training, fields, 1, 2));
    expect(() => gather(read.training, fields, Uint32Array.of(2))).toThrow('sample 2: there are 2');
  });

  it('has an empty validation set where none is asked for', () => {
    const { training, validation } = createDataSet(parts, sha256);
    expect(training.count).toBe(4);
    expect(validation).toEqual({ count: 0, fields: [new Uint8Array(), new Uint8Array()] });
  });

  it.each([4, 5])('refuses %i validation samples of 4', (validationSamples) => {
    expect(() => createDataSet({ ...parts, validationSamples }, sha256)).toThrow(
      `data.validationSamples: expected fewer than the 4 training samples of tiny, found ${validationSamples}`,
    );
  });

  it('has a digest of what its documentation states', () => {
    const header = 'gradswarm data set 1 {"fields":[["image","u8",[2],0],["label","u8",[],3]],"counts":[3,1,2]}\n';
    const bytes = [1, 9, 2, 9, 0, 9, 1, 2, 0, /* validation */ 0, 9, 0, /* test */ 1, 8, 2, 8, 1, 2];
    const expected = createHash('sha256').update(header).update(Uint8Array.from(bytes)).digest('hex');
    expect(createDataSet({ ...parts, validationSamples: 1 }, sha256).digest).toBe(expected);
  });

  it('has another digest for another split, another byte or another field, the same for another name', () => {
    const { digest } = createDataSet(parts, sha256);
    const changed = { count: 2, fields: [Uint8Array.of(1, 8, 2, 7), Uint8Array.of(1, 2)] };
    const [image, label] = parts.fields;
    const others: DataSetParts[] = [
      { ...parts, validationSamples: 1 },
      { ...parts, test: changed },
      { ...parts, fields: [image, { ...label, classes: 4 }] as DataSetParts['fields'] },
    ];
    for (const other of others) expect(createDataSet(other, sha256).digest).not.toBe(digest);
    expect(createDataSet({ ...parts, name: 'other' }, sha256).digest).toBe(digest);
  });

  it('refuses a label outside its classes', () => {
    const test = { count: 2, fields: [new Uint8Array(4), Uint8Array.of(1, 3)] };
    expect(() => createDataSet({ ...parts, test }, sha256)).toThrow(
      new InputError('tiny: test label: sample 1 has label 3, expected 0 to 2'),
    );
  });

  it('refuses a negative i32 label', () => {
    const fields = [{ name: 'label', type: 'i32', shape: [], classes: 2 } as const];
    const samples = { count: 1, fields: [new Uint8Array(Int32Array.of(-1).buffer)] };
    expect(() => createDataSet({ ...parts, fields, training: samples, test: samples }, sha256)).toThrow(
      'tiny: training label: sample 0 has label -1, expected 0 to 1',
    );
  });

  it('refuses a field that is not whole', () => {
    const training = { count: 4, fields: [new Uint8Array(7), new Uint8Array(4)] };
    expect(() => createDataSet({ ...parts, training }, sha256)).toThrow(
      'tiny: training image: expected 8 bytes, found 7',
    );
    expect(() => createDataSet({ ...parts, training: { count: 4, fields: [] } }, sha256)).toThrow(
      'tiny: training: expected 2 fields, found 0',
    );
  });
});
