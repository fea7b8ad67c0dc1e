// A data set from samples that come one by one: generated, parsed or read from a stream.

import type { ElementType } from '../engine/graph.ts';
import { elementsOf, type Shape, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import type { DataSet } from './data_set.ts';
import {
  dataSetFromArrays,
  type FeaturesDescription,
  type FieldValues,
  type LabelsDescription,
  type MemoryDataSetOptions,
  type PartArrays,
  requireShapes,
} from './memory_data_set.ts';

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
}

/**
 * Reads samples to the end of their streams, training first.
 * @throws {InputError} naming part and sample: too few or too many values, a value that the type cannot hold, a label out
 *   of range. What a stream itself throws passes through.
 */
export async function dataSetFromSamples(options: CollectedDataSetOptions): Promise<DataSet> {
  requireShapes(options);
  const { name = 'memory', training, test, ...rest } = options;
  const collected = await collect(`${name}: training`, training, options);
  if (test === undefined) return dataSetFromArrays({ ...rest, name, training: collected });
  return dataSetFromArrays({ ...rest, name, training: collected, test: await collect(`${name}: test`, test, options) });
}

async function collect(
  place: string,
  stream: SampleStream,
  { features, labels }: Pick<CollectedDataSetOptions, 'features' | 'labels'>,
): Promise<PartArrays> {
  const collectedFeatures = new GrowingField(features.type ?? 'f32', features.shape);
  const collectedLabels = new GrowingField(labels.classes === undefined ? 'f32' : 'i32', labels.shape ?? []);
  let sample = 0;
  for await (const { features: values, label } of stream) {
    collectedFeatures.add(values, `${place} features: sample ${sample}`);
    collectedLabels.add(typeof label === 'number' ? [label] : label, `${place} labels: sample ${sample}`);
    sample += 1;
  }
  return { features: collectedFeatures.values, labels: collectedLabels.values };
}

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** Values of which it is not known how many will come. */
class GrowingField {
  readonly #type: ElementType;
  readonly #shape: Shape;
  readonly #size: number;
  #values: FieldValues;
  #length = 0;

  constructor(type: ElementType, shape: Shape) {
    this.#type = type;
    this.#shape = shape;
    this.#size = elementsOf(shape);
    this.#values = new arrays[type](64 * this.#size);
  }

  get values(): FieldValues {
    return this.#values.subarray(0, this.#length);
  }

  add(sample: ArrayLike<number>, place: string): void {
    if (sample.length !== this.#size) {
      throw new InputError(
        `${place}: expected ${this.#size} values, ${shapeText(this.#shape)}, found ${sample.length}`,
      );
    }
    this.#reserve(this.#length + this.#size);
    for (let index = 0; index < this.#size; index++) {
      const value = sample[index];
      if (typeof value !== 'number' || !holds(this.#type, value)) {
        throw new InputError(`${place}: expected ${ranges[this.#type]}, found ${value}`);
      }
      this.#values[this.#length++] = value;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const larger = new arrays[this.#type](Math.max(length, 2 * this.#values.length));
    larger.set(this.#values);
    this.#values = larger;
  }
}

const ranges = { f32: 'finite numbers', i32: 'whole numbers of 32 bits', u8: 'whole numbers from 0 to 255' } as const;

/** A fraction is rounded to f32; beyond that, what an array would change silently is refused. */
function holds(type: ElementType, value: number): boolean {
  if (type === 'f32') return Number.isFinite(Math.fround(value));
  return type === 'u8' ? value === (value & 255) : value === (value | 0);
}
