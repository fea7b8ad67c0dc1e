// Records of one size that come one by one: in memory, or in a temporary file once memory is not to hold them.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SampleStore } from '../../shared/data/stored_samples.ts';
import { FileRecords } from './file_records.ts';

/** What is written to disk at once. */
const chunkBytes = 2 ** 20;

export class RecordStore implements SampleStore {
  readonly #recordBytes: number;
  readonly #memory: number;
  #chunk: Uint8Array;
  #used = 0;
  #file: { readonly folder: string; readonly path: string; readonly descriptor: number } | undefined;

  /** @param memory bytes that records may take in memory */
  constructor(recordBytes: number, memory: number) {
    this.#recordBytes = recordBytes;
    this.#memory = memory;
    this.#chunk = new Uint8Array(recordBytes * Math.max(1, Math.min(16, Math.floor(memory / recordBytes))));
  }

  append(record: Uint8Array): void {
    if (this.#used + this.#recordBytes > this.#chunk.length) this.#makeRoom();
    this.#chunk.set(record, this.#used);
    this.#used += this.#recordBytes;
  }

  /** All records; those in a file are read from it as long as the process lives. */
  finish(): Uint8Array | FileRecords {
    if (this.#file === undefined) return this.#chunk.slice(0, this.#used);
    this.#write();
    const { folder, path, descriptor } = this.#file;
    closeSync(descriptor);
    const records = new FileRecords(path, 0, this.#recordBytes);
    // It is open; nobody else needs its name.
    rmSync(folder, { recursive: true });
    return records;
  }

  /** Removes what was written, when there is no finishing. */
  discard(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file.descriptor);
    rmSync(this.#file.folder, { recursive: true });
    this.#file = undefined;
  }

  #makeRoom(): void {
    const larger = 2 * this.#chunk.length;
    if (this.#file === undefined && larger <= this.#memory) {
      const chunk = new Uint8Array(larger);
      chunk.set(this.#chunk.subarray(0, this.#used));
      this.#chunk = chunk;
      return;
    }
    if (this.#file === undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'gradswarm-data-'));
      const path = join(folder, 'records');
      this.#file = { folder, path, descriptor: openSync(path, 'w') };
    }
    this.#write();
    const room = Math.max(1, Math.floor(chunkBytes / this.#recordBytes)) * this.#recordBytes;
    if (this.#chunk.length !== room) this.#chunk = new Uint8Array(room);
  }

  #write(): void {
    if (this.#file === undefined) return;
    for (let done = 0; done < this.#used; ) {
      done += writeSync(this.#file.descriptor, this.#chunk, done, this.#used - done);
    }
    this.#used = 0;
  }
}
