// ZIP archives, as far as NPZ needs them: stored or deflated entries, found by the central directory at the end
// (PKWARE, "APPNOTE.TXT: .ZIP File Format Specification", sections 4.3.7, 4.3.12 and 4.3.16).

import { inflateRawSync } from 'node:zlib';
import { InputError } from '../../shared/errors.ts';

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const [stored, deflated] = [0, 8];

export interface ZipEntry {
  readonly name: string;
  /** @throws {InputError} naming archive and entry: another method, data that are torn, or a size beyond `limit`. */
  readonly read: (limit: number) => Uint8Array;
}

/** @throws {InputError} if the bytes are no archive, or it is torn. */
export function readZip(bytes: Uint8Array, file: string): readonly ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const torn = (): never => {
    throw new InputError(`${file}: not a ZIP archive, or its end is missing`);
  };
  let end = bytes.length - endBytes;
  while (end >= 0 && view.getUint32(end, true) !== endSignature) end -= 1;
  if (end < 0) torn();
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== directorySignature) torn();
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + (nameBytes ?? 0)));
    entries.push(entryAt(bytes, view, at, `${file}: ${name}`, name));
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
  return entries;
}

/** @param at where its record in the central directory begins */
function entryAt(bytes: Uint8Array, view: DataView, at: number, place: string, name: string): ZipEntry {
  const refuse = (what: string): never => {
    throw new InputError(`${place}: ${what}`);
  };
  const method = view.getUint16(at + 10, true);
  const [compressed, size, local] = [20, 24, 42].map((offset) => view.getUint32(at + offset, true));
  return {
    name,
    read(limit) {
      if (compressed === undefined || size === undefined || local === undefined) return refuse('is torn');
      if (size > limit) return refuse(`${size} bytes, beyond the limit of ${limit}`);
      if (local + 30 > bytes.length || view.getUint32(local, true) !== localSignature) return refuse('is torn');
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const data = bytes.subarray(start, start + compressed);
      if (data.length !== compressed) return refuse('is torn');
      if (method === stored) return data;
      if (method !== deflated) return refuse(`is compressed by method ${method}, expected none or deflate`);
      const unpacked = inflated(data, size) ?? refuse('its compressed data are corrupt');
      return unpacked.length === size ? unpacked : refuse(`unpacks to ${unpacked.length} bytes, expected ${size}`);
    },
  };
}

function inflated(data: Uint8Array, size: number): Uint8Array | undefined {
  try {
    return inflateRawSync(data, { maxOutputLength: size });
  } catch {
    return undefined;
  }
}
