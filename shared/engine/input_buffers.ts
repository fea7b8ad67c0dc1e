// Where samples enter the engine's memory. A stretch of samples is taken in as a whole, and checked; the microbatches
// in it are then moved, one at a time, to the place where every plan of the model reads its inputs.

import type { Samples } from '../data/samples.ts';
import { InputError } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import type { Tensor } from './ops/op.ts';
import { elementsOf } from './shape.ts';

interface InputBuffer {
  readonly tensor: Tensor;
  readonly bytesPerSample: number;
  /** Where plans read. */
  readonly pointer: Pointer;
  /** Where a stretch of samples waits; it moves when a longer one comes. */
  staging: Pointer;
  stagedSamples: number;
  /** What its elements are, where they are labels. */
  labels: LabelLimits | undefined;
}

interface LabelLimits {
  /** Labels must be below it. */
  readonly classes: number;
  /** The one label besides that may stand there. */
  readonly ignored: number | undefined;
}

const bytesPerElement = { u8: 1, i32: 4, f32: 4 } as const;

export class InputBuffers {
  readonly #engine: Engine;
  readonly #buffers: readonly InputBuffer[];
  /** All of the engine's memory, viewed anew when it has grown: views are what a step would allocate otherwise. */
  #bytes: Uint8Array;

  /** @param samples The most that a plan reads at once. */
  constructor(engine: Engine, inputs: readonly Tensor[], samples: number) {
    this.#engine = engine;
    this.#buffers = inputs.map((tensor) => {
      const bytesPerSample = bytesPerElement[tensor.type] * elementsOf(tensor.shape);
      const pointer = engine.allocate(bytesPerSample * samples);
      return { tensor, bytesPerSample, pointer, staging: pointer, stagedSamples: 0, labels: undefined };
    });
    this.#bytes = new Uint8Array(engine.memory.buffer);
  }

  /** Where plans read this input of the graph. */
  pointerOf(tensor: Tensor): Pointer | undefined {
    return this.#buffers.find((buffer) => buffer.tensor === tensor)?.pointer;
  }

  /** From now on refuses labels that are not below `classes` nor `ignored`; whoever ignores another takes neither. */
  limitLabels(labels: Tensor, classes: number, ignored?: number): void {
    const buffer = this.#buffers.find(({ tensor }) => tensor === labels);
    if (buffer === undefined) return;
    const before = buffer.labels ?? { classes, ignored };
    const isAgreed = before.ignored === ignored;
    buffer.labels = { classes: Math.min(before.classes, classes), ignored: isAgreed ? ignored : undefined };
  }

  /**
   * Takes a stretch of samples in, those inputs that are used.
   * @throws {InputError} if a field is missing or of another length than all its samples, or a label out of range.
   */
  stage({ count: available, fields }: Samples, first: number, count: number, used: ReadonlySet<Tensor>): void {
    for (let index = 0; index < this.#buffers.length; index++) {
      const buffer = this.#buffers[index];
      if (buffer === undefined || !used.has(buffer.tensor)) continue;
      const from = first * buffer.bytesPerSample;
      const to = from + count * buffer.bytesPerSample;
      const field = fields[index];
      if (field === undefined) throw new InputError(`samples: field ${buffer.tensor.name} is missing`);
      const expected = available * buffer.bytesPerSample;
      if (field.length !== expected) {
        throw new InputError(`samples: field ${buffer.tensor.name} has ${field.length} bytes, expected ${expected}`);
      }
      this.#reserve(buffer, count);
      const bytes = this.#memory();
      bytes.set(from === 0 && to === field.length ? field : field.subarray(from, to), buffer.staging);
      if (buffer.labels !== undefined) checkLabels(bytes, buffer, first, count, buffer.labels);
    }
  }

  /** Moves staged samples to where plans read, the stretch counted from the first staged one. */
  select(first: number, count: number, used: ReadonlySet<Tensor>): void {
    const bytes = this.#memory();
    for (let index = 0; index < this.#buffers.length; index++) {
      const buffer = this.#buffers[index];
      if (buffer === undefined || !used.has(buffer.tensor)) continue;
      const from = buffer.staging + first * buffer.bytesPerSample;
      bytes.copyWithin(buffer.pointer, from, from + count * buffer.bytesPerSample);
    }
  }

  #reserve(buffer: InputBuffer, samples: number): void {
    if (samples <= buffer.stagedSamples) return;
    // Twice the last size at least: what is left behind adds up to no more than what is in use.
    const room = Math.max(samples, 2 * buffer.stagedSamples);
    buffer.staging = this.#engine.allocate(room * buffer.bytesPerSample);
    buffer.stagedSamples = room;
  }

  #memory(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#engine.memory.buffer);
    return this.#bytes;
  }
}

/** Labels are u8, or i32 in little-endian bytes; a sample may have several, one for each position. */
function checkLabels(
  bytes: Uint8Array,
  { tensor, bytesPerSample, staging }: InputBuffer,
  first: number,
  count: number,
  { classes, ignored }: LabelLimits,
): void {
  const width = bytesPerElement[tensor.type];
  const end = staging + count * bytesPerSample;
  for (let at: number = staging; at < end; at += width) {
    let label = bytes[at] ?? 0;
    for (let byte = 1; byte < width; byte++) label |= (bytes[at + byte] ?? 0) << (8 * byte);
    if ((label >= 0 && label < classes) || label === ignored) continue;
    const sample = Math.floor((at - staging) / bytesPerSample);
    const position = (at - staging - sample * bytesPerSample) / width;
    const place = `${bytesPerSample === width ? '' : `position ${position} of `}sample ${first + sample}`;
    throw new InputError(`samples: label ${label} of ${place} in field ${tensor.name}, expected 0 to ${classes - 1}`);
  }
}
