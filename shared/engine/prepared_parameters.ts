// Packed parameters: made once per version of the parameters, shared by all plans of a model. What is made of frozen ones
// alone is made once.

import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import { type Buffer, fixedBuffer, Program } from './program.ts';

/** Where the frozen parameters lie. */
export interface FrozenMemory {
  readonly start: Pointer;
  readonly bytes: number;
}

/** Calls that fill buffers, and whether these hold something else than their parameters make. */
interface Preparation {
  readonly calls: (() => void)[];
  isStale: boolean;
}

export class PreparedParameters {
  readonly #engine: Engine;
  readonly #frozenMemory: FrozenMemory;
  readonly #buffers = new Map<string, Buffer>();
  /** Buffers that are made of frozen parameters alone. */
  readonly #lasting = new Set<Buffer>();
  readonly #trained: Preparation = { calls: [], isStale: true };
  readonly #frozen: Preparation = { calls: [], isStale: true };

  constructor(engine: Engine, frozenMemory: FrozenMemory) {
    this.#engine = engine;
    this.#frozenMemory = frozenMemory;
  }

  /** The buffer under this key; `prepare` writes the calls that fill it, the first time. */
  buffer(key: string, bytes: number, prepare: (program: Program, buffer: Buffer) => void): Buffer {
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    const buffer = fixedBuffer(this.#engine.allocate(bytes), bytes);
    this.#buffers.set(key, buffer);
    const program = new Program();
    prepare(program, buffer);
    const sources = program.calls.flatMap(({ buffers }) => buffers.filter((each) => each !== buffer));
    const lasts = sources.every((source) => this.#isLasting(source));
    if (lasts) this.#lasting.add(buffer);
    const preparation = lasts ? this.#frozen : this.#trained;
    const { kernels } = this.#engine;
    for (const call of program.calls) preparation.calls.push(call.bind({ kernels, address: fixedAddress, variables }));
    preparation.isStale = true;
    return buffer;
  }

  parametersChanged(): void {
    this.#trained.isStale = true;
  }

  /** The frozen parameters have been written. */
  frozenChanged(): void {
    this.#frozen.isStale = true;
  }

  /** Packs the parameters anew that have changed. */
  refresh(): void {
    refresh(this.#frozen);
    refresh(this.#trained);
  }

  #isLasting(source: Buffer): boolean {
    const { start, bytes } = this.#frozenMemory;
    const pointer = fixedAddress(source);
    return this.#lasting.has(source) || (pointer >= start && pointer < start + bytes);
  }
}

function refresh(preparation: Preparation): void {
  if (!preparation.isStale) return;
  const { calls } = preparation;
  for (let index = 0; index < calls.length; index++) calls[index]?.();
  preparation.isStale = false;
}

/** What is prepared outlasts a run, so it depends on none. */
const variables = { step: 0, firstSample: 0 };

function fixedAddress(buffer: Buffer): Pointer {
  if (buffer.place.kind !== 'fixed') throw new Error('prepared parameters lie at fixed addresses');
  return buffer.place.pointer;
}
