// Where gradients live between their arrival and the optimizer: buffers in the engine's memory, so that chunks off the
// wire are copied straight to where they are summed.

import { randomBytes } from 'node:crypto';
import { AnswerDigest, digestKeyBytes, type Inspection } from '../../shared/digest/answer_digest.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Pointer } from '../../shared/engine/kernels.ts';
import type { SampleSums } from '../training/evaluation.ts';
import type { GradientSlot } from '../training/trainer_messages.ts';

/** Most bytes reserved in the engine's memory; gradients beyond it wait on the heap, at the price of one more copy. */
const reservedBytes = 512 * 1024 * 1024;

type Place = { readonly at: 'engine'; readonly pointer: Pointer } | { readonly at: 'heap'; readonly bytes: Uint8Array };

export interface GradientStoreOptions {
  readonly engine: Engine;
  /** f32 values of a gradient. */
  readonly elements: number;
  /** Names of the metrics whose sums come with a gradient. */
  readonly metrics: readonly string[];
  /** How many gradients are expected to be held at once. */
  readonly concurrent: number;
}

/** Holds flat f32 gradients of one length. The engine's memory is reserved once: views of it stay valid. */
export class GradientStore {
  readonly #engine: Engine;
  readonly #elements: number;
  readonly #free: Pointer[];
  readonly #staging: Pointer;
  readonly #places = new Map<GradientSlot, Place>();
  readonly #metrics: readonly string[];
  readonly #digest: AnswerDigest;
  /** Loss and metrics of the answer that is inspected, in the order of `#metrics`. */
  readonly #sums: Float64Array;
  #nextSlot = 0;

  constructor({ engine, elements, metrics, concurrent }: GradientStoreOptions) {
    this.#engine = engine;
    this.#elements = elements;
    this.#metrics = metrics;
    this.#sums = new Float64Array(1 + metrics.length);
    this.#digest = new AnswerDigest(engine, randomBytes(digestKeyBytes));
    const reserved = Math.max(2, Math.min(concurrent, Math.floor(reservedBytes / (4 * elements))));
    this.#staging = engine.allocate(4 * elements);
    this.#free = Array.from({ length: reserved }, () => engine.allocate(4 * elements));
  }

  /** A new slot to receive a gradient. */
  take(): GradientSlot {
    const slot = this.#nextSlot as GradientSlot;
    this.#nextSlot += 1;
    const pointer = this.#free.pop();
    this.#places.set(
      slot,
      pointer === undefined ? { at: 'heap', bytes: new Uint8Array(4 * this.#elements) } : { at: 'engine', pointer },
    );
    return slot;
  }

  /** Slots that are taken. */
  get inUse(): number {
    return this.#places.size;
  }

  /** The slot's bytes, to be written or read. */
  bytes(slot: GradientSlot): Uint8Array {
    const place = this.#place(slot);
    return place.at === 'heap' ? place.bytes : this.#engine.bytes(place.pointer, 4 * this.#elements);
  }

  /** Where the gradient can be read by kernels; valid until the next call. */
  pointer(slot: GradientSlot): Pointer {
    const place = this.#place(slot);
    if (place.at === 'engine') return place.pointer;
    this.#engine.bytes(this.#staging, place.bytes.length).set(place.bytes);
    return this.#staging;
  }

  /** Looks once over all numbers of an answer, with its gradient or, for an evaluation, without one. */
  inspect(slot: GradientSlot | undefined, { lossSum, metricSums }: SampleSums): Inspection {
    this.#sums[0] = lossSum;
    for (let index = 0; index < this.#metrics.length; index++) {
      const name = this.#metrics[index];
      this.#sums[1 + index] = (name === undefined ? undefined : metricSums[name]) ?? Number.NaN;
    }
    return slot === undefined
      ? this.#digest.inspect(0 as Pointer, 0, this.#sums)
      : this.#digest.inspect(this.pointer(slot), this.#elements, this.#sums);
  }

  /** The secret by which answers are digested: random, until it is set to that of a run that goes on or is replayed. */
  get digestKey(): Uint8Array {
    return this.#digest.key;
  }

  set digestKey(key: Uint8Array) {
    this.#digest.useKey(key);
  }

  /** left = left + right; the right slot is released. */
  add(left: GradientSlot, right: GradientSlot): void {
    const leftPlace = this.#place(left);
    const rightPlace = this.#place(right);
    const { add } = this.#engine.kernels;
    if (leftPlace.at === 'engine') {
      add(leftPlace.pointer, leftPlace.pointer, this.pointer(right), this.#elements);
      this.release(right);
    } else if (rightPlace.at === 'engine') {
      add(rightPlace.pointer, this.pointer(left), rightPlace.pointer, this.#elements);
      this.#places.set(left, rightPlace);
      this.#places.delete(right);
    } else {
      this.#addOnHeap(leftPlace.bytes, right);
      this.release(right);
    }
  }

  release(slot: GradientSlot): void {
    const place = this.#place(slot);
    this.#places.delete(slot);
    if (place.at === 'engine') this.#free.push(place.pointer);
  }

  #addOnHeap(left: Uint8Array, right: GradientSlot): void {
    const leftElements = new Float32Array(left.buffer, left.byteOffset, this.#elements);
    const rightElements = this.#engine.float32(this.pointer(right), this.#elements);
    // A JavaScript number sum rounded once to f32 is the f32 sum: 53 bits are more than 2 * 24 + 2.
    for (let index = 0; index < this.#elements; index++) {
      leftElements[index] = (leftElements[index] ?? 0) + (rightElements[index] ?? 0);
    }
  }

  #place(slot: GradientSlot): Place {
    const place = this.#places.get(slot);
    if (place === undefined) throw new Error(`gradient slot ${slot} is not in use`);
    return place;
  }
}
