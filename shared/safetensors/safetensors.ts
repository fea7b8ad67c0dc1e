// The safetensors format: u64 header length, JSON header with each tensor's type, shape and place, raw little-endian
// bytes. https://huggingface.co/docs/safetensors; the reader is strict, as the specification asks, and has limits of its
// own, so that no file can keep it busy. What is written is within them.

import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json/parse.ts';
import { plainText } from '../protocol/plain_text.ts';

const bytesPerElement = { F32: 4, F64: 8, I32: 4, I64: 8, U8: 1 } as const;

export interface SafeTensor {
  readonly name: string;
  readonly type: keyof typeof bytesPerElement;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly tensors: readonly SafeTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The specification allows 100 MB; a thousand tensors need 100 kB. */
const maximumHeaderBytes = 2 ** 23;

const maximumTensors = 2 ** 13;
const maximumNameLength = 1024;
const maximumRank = 16;
const maximumMetadata = 2 ** 10;

/** More than a header has that is within the other limits. */
const maximumValues = 2 ** 18;

const lengthBytes = 8;
const alignment = 8;

/**
 * Tensors are written in the order given, one behind the other; the first starts at a multiple of 8.
 * @throws {RangeError} if a tensor has not the bytes of its shape, two have one name, or a limit is exceeded.
 */
export function writeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  const entries = new Map<string, unknown>([['__metadata__', metadata]]);
  let end = 0;
  for (const { name, type, shape, bytes } of tensors) {
    const expected = bytesOf(type, shape);
    if (bytes.length !== expected) {
      throw new RangeError(`tensor ${name}: ${bytes.length} bytes for ${type} [${shape}], expected ${expected}`);
    }
    if (entries.has(name)) throw new RangeError(`duplicate tensor name ${name}`);
    requireWithin('length of a tensor name', name.length, maximumNameLength);
    requireWithin('rank of a tensor', shape.length, maximumRank);
    entries.set(name, { dtype: type, shape, data_offsets: [end, end + bytes.length] });
    end += bytes.length;
  }
  requireWithin('number of tensors', tensors.length, maximumTensors);
  requireWithin('number of metadata', Object.keys(metadata).length, maximumMetadata);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / alignment) * alignment;
  requireWithin('length of the header', headerBytes, maximumHeaderBytes);
  const file = new Uint8Array(lengthBytes + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, lengthBytes, lengthBytes + headerBytes);
  file.set(json, lengthBytes);
  let at = lengthBytes + headerBytes;
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function requireWithin(what: string, value: number, maximum: number): void {
  if (value > maximum) throw new RangeError(`safetensors: ${what}: ${value}, at most ${maximum}`);
}

function bytesOf(type: SafeTensor['type'], shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, bytesPerElement[type]);
}

const offset = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.strictObject({
  dtype: v.picklist(['F32', 'F64', 'I32', 'I64', 'U8']),
  shape: v.pipe(v.array(offset), v.maxLength(maximumRank)),
  data_offsets: v.strictTuple([offset, offset]),
});

/**
 * Reads a file; the tensors' bytes are views of it.
 * @throws {InputError} for every malformed file, saying what is wrong.
 */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  const header = readHeader(file);
  const { __metadata__: metadata = {}, ...entries } = header.json;
  if (!isMapOfStrings(metadata)) throw new InputError('safetensors: __metadata__ is not a map of strings');
  const data = file.subarray(header.end);
  const named = Object.entries(entries);
  if (named.length > maximumTensors) {
    throw new InputError(`safetensors: ${named.length} tensors, at most ${maximumTensors} are read`);
  }
  const tensors = named.map(([name, entry]) => readTensor(name, entry, data));
  requireDense(tensors, data);
  return { tensors, metadata };
}

/** Every key counts, `prototype` and `constructor` too, which a schema's record would drop. */
function isMapOfStrings(value: unknown): value is Readonly<Record<string, string>> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.values(value).every((entry) => typeof entry === 'string');
}

function readHeader(file: Uint8Array): { readonly json: Readonly<Record<string, JsonValue>>; readonly end: number } {
  if (file.length < lengthBytes) throw new InputError(`safetensors: ${file.length} bytes are too few for a header`);
  const length = new DataView(file.buffer, file.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maximumHeaderBytes)) {
    throw new InputError(`safetensors: a header of ${length} bytes, at most ${maximumHeaderBytes} are read`);
  }
  const end = lengthBytes + Number(length);
  if (file.length < end)
    throw new InputError(`safetensors: cut off within its header (${file.length} bytes of ${end})`);
  const text = decodeText(file.subarray(lengthBytes, end));
  // The specification wants the brace first; spaces may follow the object, not precede it.
  if (!text.startsWith('{')) throw new InputError('safetensors: its header does not start with {');
  return { json: parseJson(text, 'safetensors header', maximumValues) as Readonly<Record<string, JsonValue>>, end };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('safetensors: its header is not UTF-8');
  }
}

function readTensor(name: string, entry: unknown, data: Uint8Array): SafeTensor {
  const place = `safetensors: tensor ${plainText(name.slice(0, maximumNameLength))}`;
  if (name.length > maximumNameLength) {
    throw new InputError(`${place}: a name of ${name.length} characters, at most ${maximumNameLength} are read`);
  }
  const parsed = v.safeParse(entrySchema, entry, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InputError(
      `${place}: ${plainText(`${v.getDotPath(issue) ?? 'entry'}: ${issue.message.slice(0, 400)}`.slice(0, 400))}`,
    );
  }
  const {
    dtype,
    shape,
    data_offsets: [start, end],
  } = parsed.output;
  const expected = bytesOf(dtype, shape);
  if (end < start || end - start !== expected) {
    throw new InputError(`${place}: ${end - start} bytes for ${dtype} [${shape}], expected ${expected}`);
  }
  if (end > data.length) throw new InputError(`${place} is cut off (${data.length} data bytes of ${end})`);
  return { name, type: dtype, shape, bytes: data.subarray(start, end) };
}

/** The data holds the tensors and nothing else: no overlap, no hole, nothing behind. */
function requireDense(tensors: readonly SafeTensor[], data: Uint8Array): void {
  const sorted = [...tensors].sort((one, other) => one.bytes.byteOffset - other.bytes.byteOffset);
  let end = data.byteOffset;
  for (const { name, bytes } of sorted) {
    if (bytes.length === 0) continue;
    if (bytes.byteOffset !== end) {
      throw new InputError(`safetensors: tensor ${plainText(name)} overlaps another or leaves a hole`);
    }
    end = bytes.byteOffset + bytes.length;
  }
  const behind = data.byteOffset + data.length - end;
  if (behind > 0) throw new InputError(`safetensors: ${behind} bytes too many behind the last tensor`);
}
