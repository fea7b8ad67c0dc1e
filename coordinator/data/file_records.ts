// Records of one size in a file, read where they are when they are needed: data sets that memory does not hold.

import { fstatSync, openSync, readSync } from 'node:fs';
import type { RecordReader } from '../../shared/data/stored_samples.ts';
import { InputError } from '../../shared/errors.ts';
import { placeOf } from './package_file.ts';

export class FileRecords implements RecordReader {
  readonly #descriptor: number;
  readonly #file: string;
  readonly #start: number;
  readonly #recordBytes: number;

  /**
   * @param start where the first record begins
   * The file stays open as long as the process lives: any step may need it.
   */
  constructor(file: string, start: number, recordBytes: number) {
    this.#file = file;
    this.#descriptor = openSync(placeOf(file), 'r');
    this.#start = start;
    this.#recordBytes = recordBytes;
  }

  /** Of the whole file. */
  get fileBytes(): number {
    return fstatSync(this.#descriptor).size;
  }

  /** Writes the records at `indices`, one after the other, to `target`. Neighbours are read together. */
  read(indices: Uint32Array, target: Uint8Array): void {
    let position = 0;
    while (position < indices.length) {
      const first = indices[position] ?? 0;
      let end = position + 1;
      while (end < indices.length && indices[end] === first + end - position) end += 1;
      this.#readRange(first, target.subarray(position * this.#recordBytes, end * this.#recordBytes));
      position = end;
    }
  }

  #readRange(first: number, target: Uint8Array): void {
    const place = this.#start + first * this.#recordBytes;
    for (let done = 0; done < target.length; ) {
      const read = readSync(this.#descriptor, target, done, target.length - done, place + done);
      if (read === 0) throw new InputError(`${this.#file}: has become shorter while it was read`);
      done += read;
    }
  }
}
