// A data set from arrays of features and of labels, in memory or left on disk.

import { checkLabels, createDataSet, type DataSet } from '../../shared/data/data_set.ts';
import type { Normalization } from '../../shared/data/normalization.ts';
import {
  bytesPerSample,
  elementsIn,
  type FieldSpecification,
  type Samples,
  select,
} from '../../shared/data/samples.ts';
import { type StoredField, storedSamples } from '../../shared/data/stored_samples.ts';
import type { ElementType } from '../../shared/engine/graph.ts';
import { shapeText } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { sha256 } from './sha256.ts';

/** An array whose first dimension is the samples. */
export interface SampleArray {
  /** How errors call it. */
  readonly file: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The elements, row-major; or what reads each sample's. */
  readonly content: StoredField;
}

export interface ArrayPart {
  readonly features: SampleArray;
  readonly labels: SampleArray;
}

export interface ArrayDataSetOptions {
  readonly name: string;
  readonly training: ArrayPart;
  /** Or the share of the samples, at even distances, that is held out for the test. */
  readonly test: ArrayPart | number;
  readonly task?: 'classification' | 'regression';
  readonly classes?: number;
  readonly classNames?: readonly string[];
  readonly normalization?: Normalization;
  readonly validationSamples: number;
  readonly seed: number;
}

/** @throws {InputError} naming the file that does not fit the others. */
export function dataSetOfArrays(options: ArrayDataSetOptions): DataSet {
  const { name, validationSamples, seed, normalization } = options;
  const training = withLabels(options.training, options);
  const features = fieldOf('features', training.features);
  const labels = labelField(training.labels, options);
  const fields = [features, labels];
  const all = samplesOf(training, fields);
  const parts =
    typeof options.test === 'number'
      ? heldOut(all, fields, options.test, training.features.file)
      : { training: all, test: samplesOf(fitting(withLabels(options.test, options), fields), fields) };
  return createDataSet(
    { name, fields, ...parts, validationSamples, seed, ...(normalization && { normalization }) },
    sha256,
  );
}

/** The part with labels as its task needs them: numbers to regress on are f32. */
function withLabels({ features, labels }: ArrayPart, { task }: ArrayDataSetOptions): ArrayPart {
  if (!(labels.content instanceof Uint8Array)) throw new TypeError('labels are kept in memory');
  if (labels.type === 'f32' && task === 'classification') {
    throw new InputError(`${labels.file}: expected whole numbers, the classes, found ${labels.type}`);
  }
  if (features.shape[0] !== labels.shape[0]) {
    throw new InputError(
      `${labels.file}: ${labels.shape[0]} labels for the ${features.shape[0]} samples of ${features.file}`,
    );
  }
  if (labels.type === 'f32' || task !== 'regression') return { features, labels };
  const at = elementsIn(labels.type, labels.content);
  const values = Float32Array.from({ length: elementsOf(labels.shape) }, (_, index) => at(index));
  return { features, labels: { ...labels, type: 'f32', content: new Uint8Array(values.buffer) } };
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function fieldOf(name: string, { type, shape: [, ...shape] }: SampleArray): FieldSpecification {
  return { name, type, shape };
}

function labelField(labels: SampleArray, { classes, classNames }: ArrayDataSetOptions): FieldSpecification {
  const field = fieldOf('labels', labels);
  if (labels.type === 'f32' || !(labels.content instanceof Uint8Array)) return field;
  const at = elementsIn(labels.type, labels.content);
  let largest = 0;
  for (let index = 0; index < elementsOf(labels.shape); index++) largest = Math.max(largest, at(index));
  return { ...field, classes: classes ?? largest + 1, ...(classNames && { classNames }) };
}

/** @throws {InputError} if test arrays are not like those of training. */
function fitting(part: ArrayPart, fields: readonly FieldSpecification[]): ArrayPart {
  for (const [index, array] of [part.features, part.labels].entries()) {
    const [found, expected] = [fieldOf('', array), fields[index]];
    if (found.type === expected?.type && found.shape.join() === expected.shape.join()) continue;
    throw new InputError(
      `${array.file}: each sample is ${shapeText(found.shape)} ${found.type}, in training ${shapeText(expected?.shape ?? [])} ${expected?.type}`,
    );
  }
  return part;
}

function samplesOf({ features, labels }: ArrayPart, fields: readonly FieldSpecification[]): Samples {
  const count = features.shape[0] ?? 0;
  const labelBytes = labels.content instanceof Uint8Array ? labels.content : new Uint8Array();
  const [, labelField] = fields;
  if (labelField === undefined) throw new TypeError('labels have no field');
  // The data set checks its labels too; here the file can be named.
  checkLabels(labels.file, labelField, labelBytes);
  return storedSamples(count, fields, [features.content, labelBytes]);
}

function heldOut(
  all: Samples,
  fields: readonly FieldSpecification[],
  share: number,
  file: string,
): { readonly training: Samples; readonly test: Samples } {
  const isTest = (index: number) => Math.floor((index + 1) * share) > Math.floor(index * share);
  const indices = Uint32Array.from({ length: all.count }, (_, index) => index);
  const [training, test] = [indices.filter((index) => !isTest(index)), indices.filter(isTest)];
  if (training.length === 0 || test.length === 0) {
    throw new InputError(
      `${file}: ${share} of ${all.count} samples leaves none for ${test.length === 0 ? 'the test' : 'training'}`,
    );
  }
  return { training: select(all, fields, training), test: select(all, fields, test) };
}

/** Bytes of one sample of an array. */
export function recordBytes(array: Pick<SampleArray, 'type' | 'shape'>): number {
  const [, ...shape] = array.shape;
  return bytesPerSample({ name: '', type: array.type, shape });
}
