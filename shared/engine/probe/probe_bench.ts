// Where a probe case gets its inputs and leaves its results: one stretch of the engine's memory, used anew by each case.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Engine } from '../engine.ts';
import type { Kernels } from '../generated/kernels.ts';
import type { Pointer } from '../kernels.ts';

/** Bytes that a case may use. */
const roomBytes = 2 ** 17;

const alignment = 64;

export class ProbeBench {
  readonly kernels: Kernels;
  readonly #engine: Engine;
  readonly #room: Pointer;
  readonly #hash = sha256.create();
  #used = 0;
  #random = 1;
  #results: { readonly pointer: Pointer; readonly bytes: number }[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.kernels = engine.kernels;
    this.#room = engine.allocate(roomBytes);
  }

  /** Takes what a case has left into the digest. */
  finishCase(): void {
    for (const result of this.takeResults()) this.#hash.update(result);
  }

  /** What a case has left, valid until the next one, which starts from the same state. */
  takeResults(): readonly Uint8Array[] {
    const results = this.#results.map(({ pointer, bytes }) => this.#engine.bytes(pointer, bytes));
    this.#results = [];
    this.#used = 0;
    this.#random = 1;
    return results;
  }

  /** SHA-256 of all results, hexadecimal. */
  digest(): string {
    return bytesToHex(this.#hash.digest());
  }

  /** Zeroed bytes that count as a result, unlike those of `scratch`. */
  output(bytes: number): Pointer {
    return this.kept(this.scratch(bytes), bytes);
  }

  scratch(bytes: number): Pointer {
    const pointer = (this.#room + this.#used) as Pointer;
    this.#used += Math.ceil(bytes / alignment) * alignment;
    if (this.#used > roomBytes) throw new RangeError(`a probe case needs ${this.#used} bytes, it has ${roomBytes}`);
    this.#engine.bytes(pointer, bytes).fill(0);
    return pointer;
  }

  /** Makes an input a result as well: what a kernel changes in place. */
  kept(pointer: Pointer, bytes: number): Pointer {
    this.#results.push({ pointer, bytes });
    return pointer;
  }

  /** A number that a kernel has returned. */
  result(value: number): void {
    this.#engine.float64(this.output(8), 1)[0] = value;
  }

  /** Fixed f32 values, spread over `offset` − `range` to `offset` + `range`. */
  floats(elements: number, range = 1, offset = 0): Pointer {
    const pointer = this.scratch(4 * elements);
    const view = this.#engine.float32(pointer, elements);
    for (let index = 0; index < elements; index++) view[index] = ((this.#next() >>> 8) / 2 ** 23 - 1) * range + offset;
    return pointer;
  }

  /** Fixed i32 values from 0 to `below` − 1: labels. */
  integers(elements: number, below: number): Pointer {
    const pointer = this.scratch(4 * elements);
    const view = this.#engine.int32(pointer, elements);
    for (let index = 0; index < elements; index++) view[index] = (this.#next() >>> 8) % below;
    return pointer;
  }

  bytes(elements: number): Pointer {
    const pointer = this.scratch(elements);
    const view = this.#engine.bytes(pointer, elements);
    for (let index = 0; index < elements; index++) view[index] = this.#next() >>> 24;
    return pointer;
  }

  /** Numerical Recipes' linear congruential generator: integers only, the same everywhere. */
  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random;
  }
}
