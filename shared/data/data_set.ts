// A data set: training, validation and test samples, kept apart by property, and a digest that says which one it is.

import { elementsOf, type Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { bytesPerSample, type FieldSpecification, type Samples, sliceSamples } from './samples.ts';

/** Samples to train on, to choose by and to measure on, as `dataSetFromArrays` makes them. */
export interface DataSet {
  /** How errors and reports call it. */
  readonly name: string;
  /** SHA-256, hexadecimal, of the chunks of `digestChunks`. */
  readonly digest: string;
  /** The model's input first, its labels or targets second. */
  readonly fields: readonly FieldSpecification[];
  /** What steps are computed on. */
  readonly training: Samples;
  /** Held out of training, to choose settings by; may be empty. */
  readonly validation: Samples;
  /** Measured, never learnt from nor chosen by. */
  readonly test: Samples;
}

export interface DataSetParts {
  readonly name: string;
  readonly fields: readonly FieldSpecification[];
  /** Everything that may be learnt from, validation samples included. */
  readonly training: Samples;
  readonly test: Samples;
  /** How many training samples, taken from the end, are held out for validation. */
  readonly validationSamples: number;
}

/** A data set but for its digest: each part by itself. */
export type SplitDataSet = Omit<DataSet, 'digest'>;

/**
 * A data set whose parts are already apart; checks that every field is whole and every label within its classes.
 * @throws {InputError} naming part and field.
 */
export function dataSetOfParts(split: SplitDataSet, digestOf: (chunks: Iterable<Uint8Array>) => string): DataSet {
  const { name, fields, training, validation, test } = split;
  for (const [part, samples] of Object.entries({ training, validation, test })) {
    checkPart(`${name}: ${part}`, fields, samples);
  }
  return { ...split, digest: digestOf(digestChunks(split)) };
}

/**
 * Splits the validation samples off and checks that every field is whole and every label within its classes.
 * `digestOf` gives the SHA-256 (hexadecimal) of chunks: an argument, because a platform's own is many times faster.
 * @throws {InputError} naming part and field.
 */
export function createDataSet(parts: DataSetParts, digestOf: (chunks: Iterable<Uint8Array>) => string): DataSet {
  const { name, fields, training: available, test, validationSamples } = parts;
  checkPart(`${name}: training`, fields, available);
  checkPart(`${name}: test`, fields, test);
  const trainingSamples = available.count - validationSamples;
  if (trainingSamples < 1) {
    throw new InputError(
      `data.validationSamples: expected fewer than the ${available.count} training samples of ${name}, found ${validationSamples}`,
    );
  }
  const split = {
    name,
    fields,
    training: sliceSamples(available, fields, 0, trainingSamples),
    validation: sliceSamples(available, fields, trainingSamples),
    test,
  };
  return { ...split, digest: digestOf(digestChunks(split)) };
}

/**
 * What a data set's digest is made of: one line of JSON that states fields and counts, then the bytes of training,
 * validation and test samples in this order, each field after field. The name is not part of it.
 */
export function* digestChunks({ fields, training, validation, test }: SplitDataSet): Iterable<Uint8Array> {
  const header = {
    fields: fields.map(({ name, type, shape, classes = 0, ignored, vocabulary }) => [
      ...[name, type, shape, classes],
      ...(ignored === undefined && vocabulary === undefined ? [] : [{ ignored, vocabulary }]),
    ]),
    counts: [training.count, validation.count, test.count],
  };
  yield new TextEncoder().encode(`gradswarm data set 1 ${JSON.stringify(header)}\n`);
  for (const part of [training, validation, test]) yield* part.fields;
}

function checkPart(place: string, fields: readonly FieldSpecification[], { count, fields: stored }: Samples): void {
  if (stored.length !== fields.length) {
    throw new InputError(`${place}: expected ${fields.length} fields, found ${stored.length}`);
  }
  fields.forEach((field, number) => {
    const bytes = stored[number] ?? new Uint8Array();
    const expected = count * bytesPerSample(field);
    if (bytes.length !== expected) {
      throw new InputError(`${place} ${field.name}: expected ${expected} bytes, found ${bytes.length}`);
    }
    checkLabels(`${place} ${field.name}`, field, bytes);
  });
}

/**
 * @throws {InputError} saying which sample of `place` has a label outside the field's classes.
 */
export function checkLabels(
  place: string,
  { type, shape = [], classes, ignored }: Pick<FieldSpecification, 'type' | 'classes' | 'ignored'> & { shape?: Shape },
  bytes: Uint8Array,
): void {
  if (classes === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = { u8: view.getUint8, i32: view.getInt32, f32: view.getFloat32 }[type].bind(view);
  const size = type === 'u8' ? 1 : 4;
  for (let offset = 0; offset < bytes.length; offset += size) {
    const label = read(offset, true);
    if ((Number.isInteger(label) && label >= 0 && label < classes) || label === ignored) continue;
    const [number, positions] = [offset / size, elementsOf(shape)];
    const position = positions === 1 ? '' : `position ${number % positions} of `;
    const other = ignored === undefined ? '' : ` or ${ignored}`;
    throw new InputError(
      `${place}: ${position}sample ${Math.floor(number / positions)} has label ${label}, expected 0 to ${classes - 1}${other}`,
    );
  }
}
