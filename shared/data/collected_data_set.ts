// A data set from samples that come one by one: generated, parsed or read from a stream.

import type { ElementType } from '../engine/graph.ts';
import { elementsOf, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { createDataSet, type DataSet } from './data_set.ts';
import {
  describedFields,
  type FeaturesDescription,
  type LabelsDescription,
  type MemoryDataSetOptions,
  requireShapes,
  sha256OfChunks,
} from './memory_data_set.ts';
import { bytesPerSample, type FieldSpecification, type Samples } from './samples.ts';
import { memoryStore, type SampleStore, storedSamples } from './stored_samples.ts';

/** One sample, as numbers: features and labels in their stated shapes, row-major. */
export interface Sample {
  /** As many numbers as the features’ shape has elements. */
  readonly features: ArrayLike<number>;
  /** A class or a target; a list where targets have a shape. */
  readonly label: number | ArrayLike<number>;
}

/** Samples as they come, read once. */
export type SampleStream = Iterable<Sample> | AsyncIterable<Sample>;

export interface CollectedDataSetOptions extends MemoryDataSetOptions {
  /** `type` is what features are stored as; f32 if left out. u8 takes a quarter of the room and of the bytes on the wire. */
  readonly features: FeaturesDescription & { readonly type?: ElementType };
  /** Class labels are stored as i32, targets as f32. */
  readonly labels: LabelsDescription;
  /** Everything that may be learnt from, validation samples included; read once, to its end. */
  readonly training: SampleStream;
  /** Measured, never learnt from; may be left out. */
  readonly test?: SampleStream;
  /** Where features are put as they come, given the bytes of a sample's; in memory, if left out. */
  readonly store?: (bytesPerSample: number) => SampleStore;
}

/**
 * Reads samples to the end of their streams, training first.
 * @throws {InputError} naming part and sample: too few or too many values, a value that the type cannot hold, a label out
 *   of range. What a stream itself throws passes through.
 */
export async function dataSetFromSamples(options: CollectedDataSetOptions): Promise<DataSet> {
  requireShapes(options);
  const { name = 'memory', features, labels, training, test = [] } = options;
  const { validationSamples = 0, seed = 1, normalization, digestOf = sha256OfChunks } = options;
  const fields = describedFields(options, features.type ?? 'f32', labels.classes === undefined ? 'f32' : 'i32');
  const store = options.store ?? memoryStore;
  const parts = {
    training: await collect(`${name}: training`, training, fields, store),
    test: await collect(`${name}: test`, test, fields, store),
  };
  return createDataSet(
    { name, fields, ...parts, validationSamples, seed, ...(normalization && { normalization }) },
    digestOf,
  );
}

type Fields = readonly [features: FieldSpecification, labels: FieldSpecification];

async function collect(
  place: string,
  stream: SampleStream,
  fields: Fields,
  store: (bytesPerSample: number) => SampleStore,
): Promise<Samples> {
  const [featureStore, labelStore] = [store(bytesPerSample(fields[0])), memoryStore(bytesPerSample(fields[1]))];
  const [encodeFeatures, encodeLabel] = [encoder(fields[0]), encoder(fields[1])];
  let sample = 0;
  try {
    for await (const { features, label } of stream) {
      featureStore.append(encodeFeatures(features, `${place} features: sample ${sample}`));
      labelStore.append(encodeLabel(typeof label === 'number' ? [label] : label, `${place} labels: sample ${sample}`));
      sample += 1;
    }
  } catch (error) {
    featureStore.discard();
    throw error;
  }
  return storedSamples(sample, fields, [featureStore.finish(), labelStore.finish()]);
}

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** What turns a sample's numbers into the bytes of a field; they are valid until the next sample. */
function encoder({ type, shape }: FieldSpecification): (sample: ArrayLike<number>, place: string) => Uint8Array {
  const size = elementsOf(shape);
  const values = new arrays[type](size);
  const bytes = new Uint8Array(values.buffer);
  return (sample, place) => {
    if (sample.length !== size) {
      throw new InputError(`${place}: expected ${size} values, ${shapeText(shape)}, found ${sample.length}`);
    }
    for (let index = 0; index < size; index++) {
      const value = sample[index];
      if (typeof value !== 'number' || !holds(type, value)) {
        throw new InputError(`${place}: expected ${ranges[type]}, found ${value}`);
      }
      values[index] = value;
    }
    return bytes;
  };
}

const ranges = { f32: 'finite numbers', i32: 'whole numbers of 32 bits', u8: 'whole numbers from 0 to 255' } as const;

/** A fraction is rounded to f32; beyond that, what an array would change silently is refused. */
function holds(type: ElementType, value: number): boolean {
  if (type === 'f32') return Number.isFinite(Math.fround(value));
  return type === 'u8' ? value === (value & 255) : value === (value | 0);
}
