// NPY, NumPy's format of one array: magic, version, the length of a header, the header (a Python dictionary that states
// type, order and shape), then the elements (NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays").

import type { ElementType } from '../engine/graph.ts';
import { InputError } from '../errors.ts';

export interface NpyHeader {
  /** Like `<f4`. */
  readonly dtype: string;
  /** What its elements are stored as here. */
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly dataStart: number;
  readonly elementBytes: number;
  /** Whether the file's bytes are those that are stored. */
  readonly isAsStored: boolean;
}

/** An array and how errors call it. */
export interface NpyArray {
  readonly file: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The elements, little-endian, row-major. */
  readonly bytes: Uint8Array;
}

interface Dtype {
  readonly type: ElementType;
  readonly bytes: number;
  /** Reads an element that is stored otherwise than in the file. */
  readonly read?: (view: DataView, offset: number) => number;
}

/** Whole numbers of 64 bits must fit into 32; fractions of 64 are rounded to 32. */
const dtypes: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['|u1', { type: 'u8', bytes: 1 }],
  ['|b1', { type: 'u8', bytes: 1 }],
  ['<i4', { type: 'i32', bytes: 4 }],
  ['<f4', { type: 'f32', bytes: 4 }],
  ['<i8', { type: 'i32', bytes: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) }],
  ['<f8', { type: 'f32', bytes: 8, read: (view, offset) => view.getFloat64(offset, true) }],
]);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** The longest header that is read: any of ours is far shorter. */
const maximumHeaderBytes = 2 ** 16;

/** No tensor has more dimensions, the samples' included. */
const maximumDimensions = 7;

/** What is needed of a file to parse its header. */
export const npyPrefixBytes = 12 + maximumHeaderBytes;

/**
 * @param bytes the beginning of a file, `npyPrefixBytes` of it or all
 * @throws {InputError} naming the file: no NPY, a type that cannot be used, Fortran order, an empty dimension.
 */
export function parseNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  if (magic.some((byte, index) => bytes[index] !== byte))
    refuse('not an NPY file: it does not begin with "\\x93NUMPY"');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLong = (bytes[6] ?? 1) >= 2;
  const headerStart = isLong ? 12 : 10;
  if (bytes.length < headerStart) refuse(`truncated: ${bytes.length} bytes, within the header`);
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > maximumHeaderBytes) refuse(`a header of ${length} bytes, beyond the limit of ${maximumHeaderBytes}`);
  const dataStart = headerStart + length;
  if (bytes.length < dataStart) refuse(`truncated: ${bytes.length} bytes, within the header`);
  const header = new TextDecoder().decode(bytes.subarray(headerStart, dataStart));
  const [, dtype = ''] = /'descr'\s*:\s*'([^']*)'/.exec(header) ?? [];
  const known = dtypes.get(dtype);
  if (known === undefined) {
    const found = dtype === '' ? 'of several fields' : `of type ${dtype}`;
    return refuse(`elements ${found} cannot be used: expected one of ${[...dtypes.keys()].join(', ')}`);
  }
  if (!/'fortran_order'\s*:\s*False/.test(header)) {
    refuse('stored in Fortran order, expected C order: save numpy.ascontiguousarray(x)');
  }
  const shape = readShape(header, refuse);
  const { type, bytes: elementBytes, read } = known;
  return { dtype, type, shape, dataStart, elementBytes, isAsStored: read === undefined };
}

function readShape(header: string, refuse: (what: string) => never): readonly number[] {
  const [, list] = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(header) ?? [];
  if (list === undefined) return refuse('its header states no shape');
  const shape = list.split(',').flatMap((one) => (one.trim() === '' ? [] : [Number.parseInt(one, 10)]));
  if (shape.length === 0 || shape.length > maximumDimensions) {
    refuse(`${shape.length} dimensions: expected 1 to ${maximumDimensions}, the first of them the samples`);
  }
  const zero = shape.indexOf(0);
  if (zero !== -1) refuse(`dimension ${zero + 1} of [${shape.join(', ')}] is zero`);
  return shape;
}

/** @throws {InputError} if a file's size is not what its header says. */
export function requireNpySize({ shape, dtype, dataStart, elementBytes }: NpyHeader, size: number, file: string): void {
  const expected = shape.reduce((product, dimension) => product * dimension, elementBytes);
  const found = size - dataStart;
  if (found === expected) return;
  const fault = found < expected ? 'truncated' : 'too long';
  throw new InputError(
    `${file}: ${fault}: [${shape.join(', ')}] ${dtype} needs ${expected} bytes of data, found ${found}`,
  );
}

/** @throws {InputError} naming the file and what is wrong; for an element its row and column, counted from 0. */
export function parseNpy(bytes: Uint8Array, file: string): NpyArray {
  const header = parseNpyHeader(bytes, file);
  requireNpySize(header, bytes.length, file);
  const { type, shape, dataStart, isAsStored } = header;
  const data = bytes.subarray(dataStart);
  const stored = isAsStored ? data : converted(data, header, file);
  if (type === 'f32') requireFinite(stored, shape, 0, file);
  return { file, type, shape, bytes: stored };
}

function converted(data: Uint8Array, { dtype, type, shape, elementBytes }: NpyHeader, file: string): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const read = dtypes.get(dtype)?.read ?? (() => 0);
  const elements = data.length / elementBytes;
  const values = type === 'f32' ? new Float32Array(elements) : new Int32Array(elements);
  for (let index = 0; index < elements; index++) {
    const value = read(view, index * elementBytes);
    values[index] = value;
    if (type === 'i32' && values[index] !== value) {
      throw new InputError(`${file}: ${placeOf(index, shape)}: ${value} does not fit into 32 bits`);
    }
  }
  return new Uint8Array(values.buffer);
}

/**
 * @param first how many elements stand before those of `bytes`
 * @throws {InputError} naming row and column, counted from 0, of what is no finite number.
 */
export function requireFinite(bytes: Uint8Array, shape: readonly number[], first: number, file: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const value = view.getFloat32(offset, true);
    if (Number.isFinite(value)) continue;
    throw new InputError(`${file}: ${placeOf(first + offset / 4, shape)}: expected a finite number, found ${value}`);
  }
}

/** Row and column of an element, counted from 0; of several dimensions behind the rows, the column is a list. */
function placeOf(index: number, [, ...shape]: readonly number[]): string {
  const places: number[] = [];
  let rest = index;
  for (const dimension of [...shape].reverse()) {
    places.unshift(rest % dimension);
    rest = Math.floor(rest / dimension);
  }
  return places.length === 0 ? `row ${rest}` : `row ${rest}, column ${places.length === 1 ? places[0] : `[${places}]`}`;
}
