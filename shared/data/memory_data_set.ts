// A data set that a program holds in memory: typed arrays with the shape of a sample.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { type ElementType, shapeSchema } from '../engine/graph.ts';
import { elementsOf, type Shape, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { createDataSet, type DataSet } from './data_set.ts';
import type { Normalization } from './normalization.ts';
import type { FieldSpecification, Samples } from './samples.ts';

/** A field's values, sample after sample, each row-major; the array's type is what the field is stored as. */
export type FieldValues = Float32Array | Int32Array | Uint8Array;

/** What a model is to learn from. */
export interface FeaturesDescription {
  /** The graph's input; `features` if left out. */
  readonly name?: string;
  /** Of one sample: `[784]`, or an image's [height, width, channels]. */
  readonly shape: Shape;
  /** Number of different token ids, where features are ids from 0 on, bytes or i32: words, characters, categories. */
  readonly classes?: number;
}

/** What a model is to learn. */
export interface LabelsDescription {
  /** The graph's input; `labels` if left out. */
  readonly name?: string;
  /** Of one sample's targets; a single number, [], if left out. */
  readonly shape?: Shape;
  /** Number of classes, where labels are whole numbers from 0 to classes - 1; left out, they are targets to regress on. */
  readonly classes?: number;
  /** A label beside those of the classes: positions that have it count nothing, like padding behind a text. */
  readonly ignored?: number;
}

/** What a data set in memory states, whatever its values come from. */
export interface MemoryDataSetOptions {
  /** How errors and reports call it; `memory` if left out. */
  readonly name?: string;
  /** What a model is to learn from. */
  readonly features: FeaturesDescription;
  /** What a model is to learn. */
  readonly labels: LabelsDescription;
  /**
   * How many training samples are held out for validation; none if left out. They are drawn by counter, of each class as
   * many as is its share.
   */
  readonly validationSamples?: number;
  /** What the draw depends on besides; 1 if left out. */
  readonly seed?: number;
  /**
   * What is done to features in front of the first layer of a model of layers: `standard` (mean 0 and deviation 1 over the
   * training samples), `range` (their range becomes 0 to 1), or statistics that are known. Left out, bytes become 0 to 1.
   */
  readonly normalization?: Normalization;
  /**
   * SHA-256, hexadecimal, of chunks; the default is computed in JavaScript, and a platform's own is many times faster.
   */
  readonly digestOf?: (chunks: Iterable<Uint8Array>) => string;
}

/** The samples of a part: as many labels as features, in the same order. */
export interface PartArrays {
  /** Sample after sample, each row-major. */
  readonly features: FieldValues;
  /** A label, or targets, for each sample. */
  readonly labels: FieldValues;
}

export interface ArrayDataSetOptions extends MemoryDataSetOptions {
  /** Everything that may be learnt from, validation samples included. */
  readonly training: PartArrays;
  /** Measured, never learnt from; may be left out. */
  readonly test?: PartArrays;
}

/**
 * A data set of typed arrays: bytes (scaled from 0..255 to 0..1 in front of the first layer) or f32 features, class
 * labels as bytes or i32, targets as f32. Values are copied, so that the data set stays what its digest says.
 * @throws {InputError} naming part and field: counts that differ, incomplete samples, numbers that are not finite, labels
 *   out of range, a shape or type that cannot be.
 */
export function dataSetFromArrays(options: ArrayDataSetOptions): DataSet {
  const { name = 'memory', training, validationSamples = 0, seed = 1 } = options;
  const { digestOf = sha256OfChunks, normalization } = options;
  requireShapes(options);
  const fields = describedFields(
    options,
    typeOf(training.features, `${name}: training features`),
    typeOf(training.labels, `${name}: training labels`),
  );
  const test = options.test ?? { features: training.features.subarray(0, 0), labels: training.labels.subarray(0, 0) };
  const parts = {
    training: partOf(`${name}: training`, fields, training),
    test: partOf(`${name}: test`, fields, test),
  };
  return createDataSet(
    { name, fields, ...parts, validationSamples, seed, ...(normalization && { normalization }) },
    digestOf,
  );
}

/** The fields of a data set in memory. @throws {InputError} if there cannot be so many classes, or not in these types. */
export function describedFields(
  { name = 'memory', features, labels }: MemoryDataSetOptions,
  featuresType: ElementType,
  labelsType: ElementType,
): readonly [FieldSpecification, FieldSpecification] {
  const described = {
    name: features.name ?? 'features',
    type: featuresType,
    shape: [...features.shape],
    ...classesOf(name, 'features', features.classes, featuresType),
  };
  return [described, labelField(name, labels, labelsType)];
}

function labelField(
  place: string,
  { name = 'labels', shape = [], classes, ignored }: LabelsDescription,
  type: ElementType,
): FieldSpecification {
  const counted = classesOf(place, 'labels', classes, type);
  return { name, type, shape: [...shape], ...counted, ...(ignored !== undefined && { ignored }) };
}

/** @throws {InputError} if there cannot be so many classes, or not in values of this type. */
function classesOf(place: string, field: string, classes: number | undefined, type: ElementType) {
  if (classes === undefined) return {};
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new InputError(`${place}: ${field}.classes: expected a whole number of at least 1, found ${classes}`);
  }
  const what = field === 'labels' ? 'class labels' : 'token ids';
  if (type === 'f32')
    throw new InputError(`${place}: ${what}: expected a Uint8Array or Int32Array, found a Float32Array`);
  return { classes };
}

/** @throws {InputError} naming the shape that no tensor can have. */
export function requireShapes({ name = 'memory', features, labels }: MemoryDataSetOptions): void {
  for (const [field, shape] of Object.entries({ features: features.shape, labels: labels.shape ?? [] })) {
    if (v.is(shapeSchema, shape)) continue;
    throw new InputError(
      `${name}: ${field}.shape: expected a list of at most 6 whole numbers above 0, found ${JSON.stringify(shape)}`,
    );
  }
}

/** The element type of an array; a program without types may hand over anything. */
function typeOf(values: FieldValues, place: string): ElementType {
  if (values instanceof Uint8Array) return 'u8';
  if (values instanceof Int32Array) return 'i32';
  if (values instanceof Float32Array) return 'f32';
  const found = (values as { constructor?: { name: string } } | undefined)?.constructor?.name ?? String(values);
  throw new InputError(`${place}: expected a Float32Array, Int32Array or Uint8Array, found ${found}`);
}

function partOf(
  place: string,
  [features, labels]: readonly [FieldSpecification, FieldSpecification],
  arrays: PartArrays,
): Samples {
  const size = elementsOf(features.shape);
  const count = arrays.features.length / size;
  if (!Number.isInteger(count)) {
    throw new InputError(
      `${place} features: ${arrays.features.length} values are not whole samples of ${shapeText(features.shape)}`,
    );
  }
  const expected = count * elementsOf(labels.shape);
  if (arrays.labels.length !== expected) {
    const each = labels.shape.length === 0 ? 'one for each sample' : `${shapeText(labels.shape)} for each sample`;
    throw new InputError(
      `${place} labels: expected ${expected} values, ${each} of features, found ${arrays.labels.length}`,
    );
  }
  return {
    count,
    fields: [
      fieldBytes(`${place} features`, features, arrays.features),
      fieldBytes(`${place} labels`, labels, arrays.labels),
    ],
  };
}

/** A copy of the values as bytes; every machine that runs WebAssembly in place stores them little-endian. */
function fieldBytes(place: string, { type, shape }: FieldSpecification, values: FieldValues): Uint8Array {
  const found = typeOf(values, place);
  if (found !== type) throw new InputError(`${place}: ${found} values, but in training they are ${type}`);
  const wrong = type === 'f32' ? values.findIndex((value) => !Number.isFinite(value)) : -1;
  if (wrong !== -1) {
    const sample = Math.floor(wrong / elementsOf(shape));
    throw new InputError(`${place}: sample ${sample} holds ${values[wrong]}, expected finite numbers`);
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

/** SHA-256 in JavaScript, hexadecimal. */
export function sha256OfChunks(chunks: Iterable<Uint8Array>): string {
  const hash = sha256.create();
  for (const chunk of chunks) hash.update(chunk);
  return bytesToHex(hash.digest());
}
