// Data files from disk: read whole within a limit, unpacked where they are gzip-compressed.

import { constants } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { decodeText } from '../../shared/data/decode_text.ts';
import { maximumIdxBytes } from '../../shared/data/idx.ts';
import { InputError } from '../../shared/errors.ts';
import { placeOf } from './package_file.ts';

/** Room for the header of the largest tensor. */
export const maximumDataFileBytes = Math.min(maximumIdxBytes + 1024, constants.MAX_LENGTH);

const gunzipAsync = promisify(gunzip);

/**
 * The content of a file; gzip is recognised by its magic, whatever the file is called.
 * @throws {InputError} naming the file: it cannot be read, is larger than the limit (before or after unpacking, which
 *   stops there), or its gzip is truncated or corrupt.
 */
export async function readDataFile(file: string, limit = maximumDataFileBytes): Promise<Uint8Array> {
  const bytes = await readWithin(file, limit);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes, file, limit) : bytes;
}

/** Bytes of a file on disk. @throws {InputError} if it cannot be read. */
export async function fileSize(file: string): Promise<number> {
  const { size } = await stat(placeOf(file)).catch((error: NodeJS.ErrnoException) => {
    throw cannotBeRead(file, error);
  });
  return size;
}

/** The error for a file or folder that the system does not give. */
export function cannotBeRead(file: string, error: NodeJS.ErrnoException): InputError {
  return new InputError(`${file}: ${reasons[error.code ?? ''] ?? `cannot be read (${error.code ?? error.message})`}`);
}

/** A data file as text in UTF-8. @throws {InputError} if it is none, besides what `readDataFile` throws. */
export async function readTextFile(file: string): Promise<string> {
  return decodeText(await readDataFile(file), file);
}

async function readWithin(file: string, limit: number): Promise<Uint8Array> {
  const handle = await open(placeOf(file)).catch((error: NodeJS.ErrnoException) => {
    throw cannotBeRead(file, error);
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new InputError(`${file}: expected a file, found something else`);
    if (status.size > limit) throw new InputError(`${file}: ${status.size} bytes, beyond the limit of ${limit}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const reasons: Readonly<Record<string, string>> = { ENOENT: 'no such file', EACCES: 'may not be read' };

async function unpack(compressed: Uint8Array, file: string, limit: number): Promise<Uint8Array> {
  try {
    return await gunzipAsync(compressed, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new InputError(`${file}: unpacks to more than the limit of ${limit} bytes`);
    if (code === 'Z_BUF_ERROR') throw new InputError(`${file}: its gzip data is truncated`);
    throw new InputError(`${file}: its gzip data is corrupt (${message})`);
  }
}
