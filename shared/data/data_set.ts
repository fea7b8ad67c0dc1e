// A data set: training, validation and test samples, kept apart by property, and a digest that says which one it is.

import { elementsOf, type Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { type Normalization, withStandardization } from './normalization.ts';
import {
  bytesPerSample,
  elementsIn,
  type FieldSpecification,
  fieldChunks,
  type Samples,
  select,
  sliceSamples,
  wholeField,
} from './samples.ts';
import { drawSplit, type SplitOptions } from './validation_split.ts';

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
  /** What its reader has to say, like what was left out, and why. */
  readonly notes?: readonly string[];
}

export interface DataSetParts {
  readonly name: string;
  readonly fields: readonly FieldSpecification[];
  /** Everything that may be learnt from, validation samples included. */
  readonly training: Samples;
  readonly test: Samples;
  /**
   * How many training samples are held out for validation: drawn by counter, of each class as many as is its share where
   * labels are classes.
   */
  readonly validationSamples: number;
  /** What the draw depends on besides; the job's seed. 1 if left out. */
  readonly seed?: number;
  /** Of the features, the first field. */
  readonly normalization?: Normalization;
}

/** A data set but for its digest: each part by itself. */
export type SplitDataSet = Omit<DataSet, 'digest'>;

/**
 * A data set whose parts are already apart; checks that every field is whole and every label within its classes.
 * @throws {InputError} naming part and field.
 */
export function dataSetOfParts(split: SplitDataSet, digestOf: (chunks: Iterable<Uint8Array>) => string): DataSet {
  const { name, fields, training, validation, test } = split;
  for (const [part, samples] of Object.entries({ training, test, validation })) {
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
  const { name, fields, training: available, test, validationSamples, seed = 1, normalization } = parts;
  checkPart(`${name}: training`, fields, available);
  requireTraining(name, available.count, validationSamples);
  const split = heldOut(available, fields, validationSamples, seed);
  return dataSetOfParts(
    { name, fields: withStandardization(fields, split.training, normalization), ...split, test },
    digestOf,
  );
}

/** @throws {InputError} if validation leaves nothing to train on. */
export function requireTraining(name: string, available: number, validationSamples: number): void {
  if (validationSamples < available) return;
  throw new InputError(
    `data.validationSamples: expected fewer than the ${available} training samples of ${name}, found ${validationSamples}`,
  );
}

function heldOut(
  available: Samples,
  fields: readonly FieldSpecification[],
  held: number,
  seed: number,
): Pick<DataSet, 'training' | 'validation'> {
  if (held === 0) return { training: available, validation: sliceSamples(available, fields, available.count) };
  const strata = strataOf(available, fields);
  const split = drawSplit({ samples: available.count, held, seed, ...(strata && { strata }) });
  return {
    training: select(available, fields, split.training),
    validation: select(available, fields, split.validation),
  };
}

/** Labels that say the class of each sample; those that count nothing are a class of their own. */
function strataOf(samples: Samples, fields: readonly FieldSpecification[]): SplitOptions['strata'] {
  const number = fields.findIndex(
    ({ classes, shape }, index) => index > 0 && classes !== undefined && shape.length === 0,
  );
  const { classes, ignored, type } = fields[number] ?? {};
  if (classes === undefined || type === undefined) return undefined;
  const labelAt = elementsIn(type, wholeField(samples, fields, number));
  const classOf = (sample: number) => (labelAt(sample) === ignored ? classes : labelAt(sample));
  return { classes: classes + 1, classOf };
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
  for (const part of [training, validation, test]) {
    for (const number of fields.keys()) yield* fieldChunks(part, fields, number);
  }
}

function checkPart(place: string, fields: readonly FieldSpecification[], samples: Samples): void {
  if (samples.reader === undefined) checkSizes(place, fields, samples);
  fields.forEach((field, number) => {
    if (field.classes === undefined) return;
    checkLabels(`${place} ${field.name}`, field, wholeField(samples, fields, number));
  });
}

function checkSizes(place: string, fields: readonly FieldSpecification[], { count, fields: stored }: Samples): void {
  if (stored.length !== fields.length) {
    throw new InputError(`${place}: expected ${fields.length} fields, found ${stored.length}`);
  }
  fields.forEach((field, number) => {
    const bytes = stored[number]?.length ?? 0;
    const expected = count * bytesPerSample(field);
    if (bytes !== expected) {
      throw new InputError(`${place} ${field.name}: expected ${expected} bytes, found ${bytes}`);
    }
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
  const labelAt = elementsIn(type, bytes);
  const count = type === 'u8' ? bytes.length : bytes.length / 4;
  const positions = elementsOf(shape);
  for (let number = 0; number < count; number++) {
    const label = labelAt(number);
    if ((Number.isInteger(label) && label >= 0 && label < classes) || label === ignored) continue;
    const position = positions === 1 ? '' : `position ${number % positions} of `;
    const other = ignored === undefined ? '' : ` or ${ignored}`;
    throw new InputError(
      `${place}: ${position}sample ${Math.floor(number / positions)} has label ${label}, expected 0 to ${classes - 1}${other}`,
    );
  }
}
