import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataFile } from '../../../coordinator/data/data_file.ts';
import { InputError } from '../../../shared/errors.ts';

const content = Uint8Array.from({ length: 1000 }, (_, index) => index % 7);
const packed = gzipSync(content);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('readDataFile', () => {
  it('reads a plain file, and unpacks a gzip file whatever its name', async () => {
    expect(new Uint8Array(await readDataFile(await file('plain.gz', content)))).toEqual(content);
    expect(new Uint8Array(await readDataFile(await file('packed.idx', packed)))).toEqual(content);
  });

  it('unpacks a gzip file of two members, as gunzip does', async () => {
    const read = await readDataFile(await file('members.gz', Buffer.concat([packed, packed])));
    expect(read.length).toBe(2 * content.length);
  });

  it.each([
    ['cut off in its header', packed.subarray(0, 5), 'its gzip data is truncated'],
    ['cut off in its data', packed.subarray(0, 20), 'its gzip data is truncated'],
    ['cut off in its checksum', packed.subarray(0, -3), 'its gzip data is truncated'],
    ['with a changed byte', packed.map((byte, at) => (at === 15 ? byte ^ 0xff : byte)), 'its gzip data is corrupt'],
    [
      'with a wrong checksum',
      packed.map((byte, at) => (at === packed.length - 6 ? byte ^ 1 : byte)),
      'its gzip data is corrupt (incorrect data check)',
    ],
  ])('refuses a gzip file %s by name', async (_what, bytes, message) => {
    const path = await file('damaged.gz', bytes);
    const reading = readDataFile(path);
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(`${path}: ${message}`);
  });

  it('stops unpacking a bomb at the limit', async () => {
    const bomb = await file('bomb.gz', gzipSync(new Uint8Array(10_000_000)));
    await expect(readDataFile(bomb, 100_000)).rejects.toThrow(
      `${bomb}: unpacks to more than the limit of 100000 bytes`,
    );
  });

  it('reads up to the limit and not beyond', async () => {
    const path = await file('large', content);
    expect((await readDataFile(path, 1000)).length).toBe(1000);
    await expect(readDataFile(path, 999)).rejects.toThrow(`${path}: 1000 bytes, beyond the limit of 999`);
  });

  it('says that a file is missing, or no file', async () => {
    const missing = join(folder, 'missing');
    await expect(readDataFile(missing)).rejects.toThrow(new InputError(`${missing}: no such file`));
    await expect(readDataFile(folder)).rejects.toThrow(
      new InputError(`${folder}: expected a file, found something else`),
    );
  });
});
