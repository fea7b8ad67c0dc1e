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
  const temporary = `${path}.${randomBytes(4).toString('hex')}${temporarySuffix}`;
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
