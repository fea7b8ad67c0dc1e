// The IDX format of MNIST and its kin: two zero bytes, the element type, the number of dimensions, the dimensions as
// big-endian u32, the elements. LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

import { InputError } from '../errors.ts';
import type { FieldSpecification, Samples } from './samples.ts';

export interface IdxArray {
  readonly dimensions: readonly number[];
  /** The elements: a view of the file's bytes. */
  readonly elements: Uint8Array;
}

const unsignedByte = 0x08;

const knownTypes: ReadonlyMap<number, string> = new Map([
  [unsignedByte, 'unsigned byte'],
  [0x09, 'signed byte'],
  [0x0b, '16-bit integer'],
  [0x0c, '32-bit integer'],
  [0x0d, '32-bit float'],
  [0x0e, '64-bit float'],
]);

/** More is no data set that fits a machine's memory, but a forged header. */
const maximumElements = 2 ** 32;

/**
 * Reads an IDX file of unsigned bytes.
 * @param file Named in errors.
 * @throws {InputError} for every malformed file, saying what is wrong.
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const refuse = (problem: string) => new InputError(`${file}: ${problem}`);
  if (bytes.length < 4) throw refuse(`not an IDX file: ${bytes.length} bytes are too few for a header`);
  const [zero0, zero1, type = 0, rank = 0] = bytes;
  if (zero0 !== 0 || zero1 !== 0) throw refuse('not an IDX file: it does not start with two zero bytes');
  if (type !== unsignedByte) {
    throw refuse(
      `elements are of type ${knownTypes.get(type) ?? `0x${type.toString(16)}`}, expected unsigned byte (0x08)`,
    );
  }
  if (rank < 1 || rank > 4) throw refuse(`has ${rank} dimensions, expected 1 to 4`);
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw refuse(`cut off within its header: ${bytes.length} bytes of ${header}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index));
  if (dimensions.includes(0)) throw refuse(`has a dimension of zero: ${dimensions.join(' x ')}`);
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (count > maximumElements) throw refuse(`claims ${dimensions.join(' x ')} elements, more than ${maximumElements}`);
  const found = bytes.length - header;
  if (found < count) throw refuse(`cut off: ${found} elements of ${count} (${dimensions.join(' x ')})`);
  if (found > count) throw refuse(`${found - count} bytes too many behind its ${count} elements`);
  return { dimensions, elements: bytes.subarray(header) };
}

/** A file's bytes with its name. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Images and labels of one part of a data set. */
export interface LabelledImages {
  readonly samples: Samples;
  readonly fields: readonly [features: FieldSpecification, labels: FieldSpecification];
}

/**
 * Pairs an IDX file of images with one of labels.
 * @param classes How many classes there are; undefined: as many as the labels show.
 * @throws {InputError} if either is malformed, their counts differ, or a label is out of range.
 */
export function parseLabelledImages(images: NamedBytes, labels: NamedBytes, classes?: number): LabelledImages {
  const pixels = parseIdx(images.bytes, images.file);
  const classLabels = parseIdx(labels.bytes, labels.file);
  const [count = 0, height, width] = pixels.dimensions;
  if (pixels.dimensions.length !== 3 || height === undefined || width === undefined) {
    throw new InputError(`${images.file}: ${pixels.dimensions.length} dimensions, expected 3 (images, rows, columns)`);
  }
  if (classLabels.dimensions.length !== 1) {
    throw new InputError(`${labels.file}: ${classLabels.dimensions.length} dimensions, expected 1 (labels)`);
  }
  if (classLabels.elements.length !== count) {
    throw new InputError(
      `${labels.file}: ${classLabels.elements.length} labels for the ${count} images of ${images.file}`,
    );
  }
  const highest = classLabels.elements.reduce((most, label) => Math.max(most, label), 0);
  if (classes !== undefined && highest >= classes) {
    throw new InputError(`${labels.file}: label ${highest}, expected 0 to ${classes - 1}`);
  }
  return {
    samples: { count, fields: [pixels.elements, classLabels.elements] },
    fields: [
      { name: 'features', type: 'u8', shape: [height, width, 1] },
      { name: 'labels', type: 'u8', shape: [], classes: classes ?? highest + 1 },
    ],
  };
}
