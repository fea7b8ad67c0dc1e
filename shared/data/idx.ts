// IDX, the format of MNIST and its relatives: two zero bytes, an element type, the number of dimensions, each dimension
// as a big-endian u32, then the elements, big-endian, row-major (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of
// handwritten digits", section "File formats").

import { InputError } from '../errors.ts';
import type { FieldSpecification, Samples } from './samples.ts';

export interface IdxTensor {
  readonly type: 'u8' | 'i32' | 'f32';
  readonly shape: readonly number[];
  /** The elements, little-endian. u8 elements are a view of the file's bytes. */
  readonly bytes: Uint8Array;
}

interface IdxType {
  readonly name: string;
  readonly bytes: number;
  /** What it is stored as; absent where no kernel reads the type. */
  readonly type?: IdxTensor['type'];
}

const types: ReadonlyMap<number, IdxType> = new Map([
  [0x08, { name: 'u8', bytes: 1, type: 'u8' }],
  [0x09, { name: 'i8', bytes: 1 }],
  [0x0b, { name: 'i16', bytes: 2 }],
  [0x0c, { name: 'i32', bytes: 4, type: 'i32' }],
  [0x0d, { name: 'f32', bytes: 4, type: 'f32' }],
  [0x0e, { name: 'f64', bytes: 8 }],
]);

const magicBytes = 4;

/** No tensor of ours has more; a wrong count here would otherwise ask for the rest of the file as header. */
const maximumDimensions = 6;

/** The largest tensor, in bytes: beyond it a header is wrong, or the data needs another way into memory. */
export const maximumIdxBytes = 2 ** 31;

/**
 * Parses the bytes of an IDX file; `file` is how errors call it.
 * @throws {InputError} naming the file and what is wrong: too short, wrong magic, unknown type, number of dimensions,
 *   a zero dimension, a size beyond the limit, truncated data, trailing bytes, an element that is not a finite number.
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxTensor {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  if (bytes.length < magicBytes) refuse(`too short for an IDX file: ${bytes.length} bytes, the magic alone has 4`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(0) !== 0) {
    const found = [...bytes.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    refuse(`wrong magic: an IDX file starts with the bytes 00 00, this one with ${found}`);
  }
  const code = view.getUint8(2);
  const stored = types.get(code) ?? refuse(`unknown element type 0x${code.toString(16).padStart(2, '0')}`);
  const type = stored.type ?? refuse(`elements of type ${stored.name} cannot be used: expected u8, i32 or f32`);
  const shape = readShape(view, refuse);
  const dataStart = magicBytes + 4 * shape.length;
  const dataBytes = shape.reduce((product, dimension) => product * dimension, stored.bytes);
  const size = `[${shape.join(', ')}] ${stored.name}`;
  if (dataBytes > maximumIdxBytes) refuse(`${size} is ${dataBytes} bytes, beyond the limit of ${maximumIdxBytes}`);
  const found = bytes.length - dataStart;
  if (found < dataBytes) refuse(`truncated: ${size} needs ${dataBytes} bytes of data, found ${found}`);
  if (found > dataBytes) refuse(`${found - dataBytes} trailing bytes after the data of ${size}`);
  const data = bytes.subarray(dataStart);
  return { type, shape, bytes: stored.bytes === 1 ? data : littleEndian(data, type, refuse) };
}

function readShape(view: DataView, refuse: (what: string) => never): readonly number[] {
  const dimensions = view.getUint8(3);
  if (dimensions < 1 || dimensions > maximumDimensions) {
    refuse(`${dimensions} dimensions: expected 1 to ${maximumDimensions}`);
  }
  if (view.byteLength < magicBytes + 4 * dimensions) {
    refuse(`too short: ${dimensions} dimensions need a header of ${magicBytes + 4 * dimensions} bytes`);
  }
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(magicBytes + 4 * index));
  const zero = shape.indexOf(0);
  if (zero !== -1) refuse(`dimension ${zero + 1} of [${shape.join(', ')}] is zero`);
  return shape;
}

function littleEndian(data: Uint8Array, type: 'u8' | 'i32' | 'f32', refuse: (what: string) => never): Uint8Array {
  const swapped = new Uint8Array(data.length);
  const from = new DataView(data.buffer, data.byteOffset, data.length);
  const to = new DataView(swapped.buffer);
  for (let offset = 0; offset < data.length; offset += 4) {
    to.setUint32(offset, from.getUint32(offset), true);
    if (type === 'f32' && !Number.isFinite(from.getFloat32(offset))) {
      refuse(`element ${offset / 4} is ${from.getFloat32(offset)}, expected finite numbers`);
    }
  }
  return swapped;
}

/** A parsed file and how errors call it. */
export interface NamedIdx {
  readonly file: string;
  readonly tensor: IdxTensor;
}

/**
 * The fields of samples from a file of images (or any features) and a file of class labels, or of fractions to regress on.
 * Images of [samples, height, width] get one channel.
 * @throws {InputError} if the labels are neither a list of whole numbers nor fractions, or the counts differ.
 */
export function idxSamples(
  images: NamedIdx,
  labels: NamedIdx,
): {
  readonly fields: readonly [FieldSpecification, FieldSpecification];
  readonly samples: Samples;
} {
  const [imageCount = 0, ...imageShape] = images.tensor.shape;
  const [labelCount = 0, ...labelShape] = labels.tensor.shape;
  if (imageShape.length === 0) {
    throw new InputError(`${images.file}: expected images, found a list of ${imageCount} numbers (a file of labels?)`);
  }
  if (labelShape.length > 0 && labels.tensor.type !== 'f32') {
    throw new InputError(
      `${labels.file}: expected a list of whole numbers, or fractions, found [${labels.tensor.shape.join(', ')}] ${labels.tensor.type} (a file of images?)`,
    );
  }
  if (imageCount !== labelCount) {
    throw new InputError(`${labels.file}: ${labelCount} labels for the ${imageCount} images of ${images.file}`);
  }
  const shape = imageShape.length === 2 ? [...imageShape, 1] : imageShape;
  return {
    fields: [
      { name: 'image', type: images.tensor.type, shape },
      { name: 'label', type: labels.tensor.type, shape: labelShape },
    ],
    samples: { count: imageCount, fields: [images.tensor.bytes, labels.tensor.bytes] },
  };
}

/** Classes that make the largest label the last one. */
export function classesOf(labels: NamedIdx): number {
  const { bytes, type } = labels.tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let largest = 0;
  for (let offset = 0; offset < bytes.length; offset += type === 'u8' ? 1 : 4) {
    largest = Math.max(largest, type === 'u8' ? view.getUint8(offset) : view.getInt32(offset, true));
  }
  return largest + 1;
}
