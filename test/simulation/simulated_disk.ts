// A disk whose power can be cut: what was not synced is then there in part, or not at all.

import type { Disk } from '../../coordinator/records/disk.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual_time.ts';

interface File {
  content: Uint8Array;
  /** Bytes that survive a power cut. */
  durable: number;
}

interface Rename {
  readonly from: string;
  readonly to: string;
  /** What stood at `to` before. */
  readonly replaced: File | undefined;
}

function failure(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

/** Milliseconds that one operation takes. */
const operationTime = 2;

export class SimulatedDisk {
  readonly #files = new Map<string, File>();
  /** Renames whose folder was not synced since. */
  #renames: Rename[] = [];
  readonly #time: VirtualTime;
  readonly #random: Random;
  /** While true, nothing can be written. */
  full = false;
  /** Power cuts that left a file that was not whole. */
  torn = 0;

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** The disk as one process sees it: once that is dead, nothing it began goes on. */
  openedBy(isAlive: () => boolean): Disk {
    const operation = async (run: () => void): Promise<void> => {
      await this.#time.wait(operationTime);
      if (!isAlive()) return new Promise(() => undefined);
      run();
    };
    return {
      makeFolder: async () => undefined,
      create: (path, bytes) => this.#write(path, bytes, isAlive, true),
      append: (path, bytes) => this.#write(path, bytes, isAlive, false),
      truncate: (path, bytes) =>
        operation(() => {
          const file = this.#file(path);
          file.content = file.content.slice(0, bytes);
          file.durable = Math.min(file.durable, bytes);
        }),
      sync: (path) =>
        operation(() => {
          const file = this.#file(path);
          file.durable = file.content.length;
        }),
      syncFolder: () =>
        operation(() => {
          this.#renames = [];
        }),
      rename: (from, to) =>
        operation(() => {
          const file = this.#file(from);
          this.#renames.push({ from, to, replaced: this.#files.get(to) });
          this.#files.set(to, file);
          this.#files.delete(from);
        }),
      link: (from, to) =>
        operation(() => {
          const file = this.#file(from);
          if (this.#files.has(to)) throw failure('EEXIST');
          this.#renames.push({ from, to, replaced: undefined });
          this.#files.set(to, file);
        }),
      remove: (path) => operation(() => void this.#files.delete(path)),
      list: async (path) =>
        [...this.#files.keys()]
          .filter((file) => file.startsWith(`${path}/`))
          .map((file) => file.slice(path.length + 1)),
      read: async (path) => this.#file(path).content,
    };
  }

  /** What is left after a power cut: of each file any part that was not synced, and of each rename either outcome. */
  cutPower(): void {
    for (const rename of this.#renames.splice(0).reverse()) {
      const file = this.#files.get(rename.to);
      if (file === undefined || this.#random.chance(0.5)) continue;
      this.#files.set(rename.from, file);
      if (rename.replaced === undefined) this.#files.delete(rename.to);
      else this.#files.set(rename.to, rename.replaced);
    }
    for (const file of this.#files.values()) {
      if (file.durable === file.content.length) continue;
      const kept = file.durable + this.#random.below(file.content.length - file.durable + 1);
      if (kept < file.content.length) this.torn += 1;
      file.content = file.content.slice(0, kept);
      file.durable = kept;
    }
  }

  /** Takes everything away. */
  wipe(): void {
    this.#files.clear();
    this.#renames = [];
  }

  async #write(path: string, bytes: Uint8Array, isAlive: () => boolean, isNew: boolean): Promise<void> {
    const before = this.#files.get(path);
    if (isNew && before !== undefined) throw failure('EEXIST');
    const file = before ?? { content: new Uint8Array(0), durable: 0 };
    this.#files.set(path, file);
    // In two halves, so that a crash can come in between.
    const half = this.#random.below(bytes.length + 1);
    for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
      await this.#time.wait(operationTime);
      if (!isAlive()) return new Promise(() => undefined);
      if (this.full) throw failure('ENOSPC');
      const content = new Uint8Array(file.content.length + part.length);
      content.set(file.content);
      content.set(part, file.content.length);
      file.content = content;
    }
  }

  #file(path: string): File {
    const file = this.#files.get(path);
    if (file === undefined) throw failure('ENOENT');
    return file;
  }
}
