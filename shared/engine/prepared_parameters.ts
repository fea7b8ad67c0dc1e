// Packed parameters: made once per version of the parameters, shared by all plans of a model.

import type { Engine } from './engine.ts';
import type { Pointer } from './kernels.ts';
import { type Buffer, fixedBuffer, Program } from './program.ts';

export class PreparedParameters {
  readonly #engine: Engine;
  readonly #buffers = new Map<string, Buffer>();
  readonly #calls: (() => void)[] = [];
  #stale = true;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The buffer under this key; `prepare` writes the calls that fill it, the first time. */
  buffer(key: string, bytes: number, prepare: (program: Program, buffer: Buffer) => void): Buffer {
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    const buffer = fixedBuffer(this.#engine.allocate(bytes), bytes);
    this.#buffers.set(key, buffer);
    const program = new Program();
    prepare(program, buffer);
    const { kernels } = this.#engine;
    for (const call of program.calls) this.#calls.push(call.bind({ kernels, address: fixedAddress, variables }));
    this.#stale = true;
    return buffer;
  }

  parametersChanged(): void {
    this.#stale = true;
  }

  /** Packs the parameters anew if they have changed. */
  refresh(): void {
    if (!this.#stale) return;
    for (let index = 0; index < this.#calls.length; index++) this.#calls[index]?.();
    this.#stale = false;
  }
}

/** What is prepared outlasts a run, so it depends on none. */
const variables = { step: 0, firstSample: 0 };

function fixedAddress(buffer: Buffer): Pointer {
  if (buffer.place.kind !== 'fixed') throw new Error('prepared parameters lie at fixed addresses');
  return buffer.place.pointer;
}
