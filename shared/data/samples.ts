// Samples as they are stored and travel: raw little-endian bytes, field by field.

import type { ElementType } from '../engine/graph.ts';
import type { Shape } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A number of samples; one field for each input of the graph, sample after sample, in the stored type. */
export interface Samples {
  readonly count: number;
  /** In memory; of samples that are read when they are needed, this reads all of them. */
  readonly fields: readonly Uint8Array[];
  /** What reads samples that are not all in memory. */
  readonly reader?: SampleReader;
}

/** Writes a field of the samples at `indices`, one after the other, to `target`, which has their size. */
export type SampleReader = (field: number, indices: Uint32Array, target: Uint8Array) => void;

/** What each sample has in a field: elements of a type in a shape, row-major. */
export interface FieldSpecification {
  /** The graph’s input. */
  readonly name: string;
  /** How its elements are stored. */
  readonly type: ElementType;
  /** Without the samples' dimension; empty for a single number. */
  readonly shape: Shape;
  /** Number of classes, where the field holds labels or token ids from 0 to classes - 1. */
  readonly classes?: number;
  /** The label, beside those of the classes, of positions that count nothing. */
  readonly ignored?: number;
  /** What token ids stand for. */
  readonly vocabulary?: Vocabulary;
  /** What people call the classes. */
  readonly classNames?: readonly string[];
  /** What the positions along the last dimension, or the single number, are called: a table's columns. */
  readonly positionNames?: readonly string[];
  /** What a model of layers takes off its features, and divides them by, before the first layer. */
  readonly standardization?: Standardization;
}

/** (x - mean) / deviation, for each position along the last dimension or, as single numbers, for all. */
export interface Standardization {
  /** What is taken off. */
  readonly mean: readonly number[];
  /** What is divided by; above 0. */
  readonly deviation: readonly number[];
}

type SampleSize = Pick<FieldSpecification, 'name' | 'type' | 'shape'>;

const elementBytes = { u8: 1, i32: 4, f32: 4 } as const;

/** Packed fields start at a multiple of this, so that every element type can be read in place. */
const alignment = 8;

/** Bytes of one sample of a field. */
export function bytesPerSample({ type, shape }: SampleSize): number {
  return shape.reduce((elements, dimension) => elements * dimension, elementBytes[type]);
}

/**
 * The samples at `indices`, in this order, copied.
 * @param reused samples whose memory may be overwritten, and is where it has the right size.
 */
export function gather(
  samples: Samples,
  fields: readonly SampleSize[],
  indices: Uint32Array,
  reused?: Samples,
): Samples {
  return {
    count: indices.length,
    fields: fields.map((field, number) => {
      const bytes = bytesPerSample(field) * indices.length;
      const memory = reused?.fields[number];
      const gathered = memory?.length === bytes ? memory : new Uint8Array(bytes);
      if (samples.reader === undefined) gatherField(samples, field, fieldBytes(samples, number), indices, gathered);
      else readField(samples.reader, samples.count, number, indices, gathered);
      return gathered;
    }),
  };
}

function gatherField(
  samples: Samples,
  field: SampleSize,
  source: Uint8Array,
  indices: Uint32Array,
  target: Uint8Array,
): void {
  const size = bytesPerSample(field);
  for (let position = 0; position < indices.length; position++) {
    const index = indices[position] ?? 0;
    if (index >= samples.count) throw new RangeError(`sample ${index}: there are ${samples.count}`);
    if (size === 1) target[position] = source[index] ?? 0;
    else target.set(source.subarray(index * size, (index + 1) * size), position * size);
  }
}

function readField(read: SampleReader, count: number, number: number, indices: Uint32Array, target: Uint8Array): void {
  const beyond = indices.find((index) => index >= count);
  if (beyond !== undefined) throw new RangeError(`sample ${beyond}: there are ${count}`);
  read(number, indices, target);
}

/** The samples at `indices`: copied, or still to be read where they are. */
export function select(samples: Samples, fields: readonly SampleSize[], indices: Uint32Array): Samples {
  const { reader } = samples;
  if (reader === undefined) return gather(samples, fields, indices);
  return samplesReadBy(
    (field, chosen, target) =>
      reader(
        field,
        chosen.map((position) => indices[position] ?? 0),
        target,
      ),
    fields,
    indices.length,
  );
}

/** Samples that are read when they are needed. */
export function samplesReadBy(reader: SampleReader, fields: readonly SampleSize[], count: number): Samples {
  return {
    count,
    reader,
    get fields() {
      return [...fields.keys()].map((number) => readRange(this, fields, number, 0, count));
    },
  };
}

function readRange(
  { reader }: Samples,
  fields: readonly SampleSize[],
  number: number,
  first: number,
  end: number,
): Uint8Array {
  const field = fields[number];
  if (field === undefined || reader === undefined) throw new RangeError(`samples have no field ${number + 1} to read`);
  const target = new Uint8Array(bytesPerSample(field) * (end - first));
  reader(
    number,
    Uint32Array.from({ length: end - first }, (_, index) => first + index),
    target,
  );
  return target;
}

/** The elements of a field by their positions. */
export function elementsIn(type: ElementType, bytes: Uint8Array): (index: number) => number {
  if (type === 'u8') return (index) => bytes[index] ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (type === 'i32') return (index) => view.getInt32(4 * index, true);
  return (index) => view.getFloat32(4 * index, true);
}

/** The bytes of a field; it is read where it is not in memory. */
export function wholeField(samples: Samples, fields: readonly SampleSize[], number: number): Uint8Array {
  return samples.reader === undefined
    ? fieldBytes(samples, number)
    : readRange(samples, fields, number, 0, samples.count);
}

/** How much of samples that are not in memory is read at once. */
const chunkBytes = 2 ** 20;

/** The bytes of a field, in chunks: all of them at once, where they are in memory. */
export function* fieldChunks(samples: Samples, fields: readonly SampleSize[], number: number): Iterable<Uint8Array> {
  const field = fields[number];
  if (samples.reader === undefined || field === undefined) {
    yield fieldBytes(samples, number);
    return;
  }
  const atOnce = Math.max(1, Math.floor(chunkBytes / bytesPerSample(field)));
  for (let first = 0; first < samples.count; first += atOnce) {
    yield readRange(samples, fields, number, first, Math.min(samples.count, first + atOnce));
  }
}

/** Samples `first` to `end - 1`: views, or copies where they are not in memory. */
export function sliceSamples(
  samples: Samples,
  fields: readonly SampleSize[],
  first: number,
  end = samples.count,
): Samples {
  return {
    count: end - first,
    fields: fields.map((field, number) => {
      if (samples.reader !== undefined) return readRange(samples, fields, number, first, end);
      const size = bytesPerSample(field);
      return fieldBytes(samples, number).subarray(first * size, end * size);
    }),
  };
}

/** Bytes that `packSamples` makes of `count` samples. */
export function packedSamplesBytes(fields: readonly SampleSize[], count: number): number {
  return fields.reduce((sum, field) => sum + aligned(bytesPerSample(field) * count), 0);
}

/**
 * The fields one after the other, each padded with zeros to a multiple of 8 bytes, at the start of `target`.
 * @returns the part of `target` that was written, `packedSamplesBytes` long.
 */
export function packSamples({ fields }: Samples, target: Uint8Array): Uint8Array {
  let offset = 0;
  for (const field of fields) {
    const end = offset + aligned(field.length);
    target.set(field, offset);
    target.fill(0, offset + field.length, end);
    offset = end;
  }
  return target.subarray(0, offset);
}

/**
 * The samples of a packed buffer, as views of it.
 * @throws {InputError} if the buffer's length is not that of `count` samples.
 */
export function unpackSamples(packed: Uint8Array, count: number, fields: readonly SampleSize[]): Samples {
  const expected = packedSamplesBytes(fields, count);
  if (packed.length !== expected) {
    const names = fields.map(({ name }) => name).join(', ');
    throw new InputError(`${count} packed samples of ${names}: expected ${expected} bytes, found ${packed.length}`);
  }
  let offset = 0;
  const views = fields.map((field) => {
    const bytes = bytesPerSample(field) * count;
    const view = packed.subarray(offset, offset + bytes);
    offset += aligned(bytes);
    return view;
  });
  return { count, fields: views };
}

function fieldBytes({ fields }: Samples, number: number): Uint8Array {
  const bytes = fields[number];
  if (bytes === undefined)
    throw new RangeError(`samples have ${fields.length} fields, field ${number + 1} was asked for`);
  return bytes;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
