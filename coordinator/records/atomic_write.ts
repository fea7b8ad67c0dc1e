// Files that are there whole or not at all, whatever happens in between.

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type Disk, systemDisk } from './disk.ts';

/** What the names of files end with that are not whole yet; such a one may be left behind by a crash. */
export const temporarySuffix = '.tmp';

/**
 * Writes a file so that a crash at any moment leaves the old content or the new: a temporary file in the same folder,
 * fsync, rename, fsync of the folder. A file whose fsync failed is thrown away, never tried again.
 * @throws the file system's error; the temporary file is gone then.
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array, disk: Disk = systemDisk): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await disk.create(temporary, bytes);
    await disk.sync(temporary);
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary);
    throw error;
  }
  await disk.syncFolder(dirname(path));
}

/** What file systems answer that have no second names for files. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Makes a file that has all its bytes from the moment it can be seen, if there is none of that name. On a file system
 * without hard links it can be seen empty for a moment.
 * @throws the file system's error, `EEXIST` if there is one; nothing is left behind then.
 */
export async function createFileWhole(path: string, bytes: Uint8Array, disk: Disk = systemDisk): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await disk.create(temporary, bytes);
    await disk.sync(temporary);
    await disk.link(temporary, path);
  } catch (error) {
    if (!withoutLinks.includes((error as NodeJS.ErrnoException).code)) throw error;
    await createOrNothing(path, bytes, disk);
  } finally {
    await disk.remove(temporary);
  }
}

async function createOrNothing(path: string, bytes: Uint8Array, disk: Disk): Promise<void> {
  try {
    await disk.create(path, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await disk.remove(path);
    throw error;
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}${temporarySuffix}`;
}
