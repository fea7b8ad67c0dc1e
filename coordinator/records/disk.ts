// The few things that a run does with files, as an argument: so that a test can fill the disk, and a simulation can pull
// the plug in the middle of any byte.

import { appendFile, link, mkdir, open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';

/** All of it rejects with the file system's error, which has a `code`. */
export interface Disk {
  /** Makes a folder and those it is in; does nothing if it is there. */
  readonly makeFolder: (path: string) => Promise<void>;
  /** Makes a new file of these bytes; rejects if it exists. */
  readonly create: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly append: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Cuts a file off behind so many bytes. */
  readonly truncate: (path: string, bytes: number) => Promise<void>;
  /** Makes a file's content durable. */
  readonly sync: (path: string) => Promise<void>;
  /** Makes what happened to a folder's names durable. */
  readonly syncFolder: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Gives a file a second name; rejects if there is a file of that name. */
  readonly link: (from: string, to: string) => Promise<void>;
  /** Does nothing if it is not there. */
  readonly remove: (path: string) => Promise<void>;
  /** The names in a folder. */
  readonly list: (path: string) => Promise<readonly string[]>;
  readonly read: (path: string) => Promise<Uint8Array>;
}

async function syncPath(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export const systemDisk: Disk = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  create: async (path, bytes) => {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  },
  append: (path, bytes) => appendFile(path, bytes),
  truncate: (path, bytes) => truncate(path, bytes),
  sync: (path) => syncPath(path, 'r+'),
  // Windows has no such call and needs none.
  syncFolder: (path) => (process.platform === 'win32' ? Promise.resolve() : syncPath(path, 'r')),
  rename,
  link,
  remove: (path) => rm(path, { force: true }),
  list: (path) => readdir(path),
  read: (path) => readFile(path),
};
