// Native kernels beside their WebAssembly twins, in one memory.

import { expect } from 'vitest';
import type { Engine, NumericsProfile } from '../../../shared/engine/engine.ts';
import type { Kernels } from '../../../shared/engine/generated/kernels.ts';
import type { Pointer } from '../../../shared/engine/kernels.ts';
import { type NativeLibrary, nativeLibrary } from '../../../shared/node/native_library.ts';
import { engines } from '../kernels/profiles.ts';

/** Bytes for the operands of one call. */
const roomBytes = 2 ** 20;

/** Elements on both sides of an output that no kernel may touch. */
const around = 16;

const found = nativeLibrary();

export const isBuilt = 'library' in found;

/** What the build has made. */
export function builtLibrary(): NativeLibrary {
  if ('missing' in found) throw new Error(`${found.missing}: run npm run build with a C compiler`);
  return found.library;
}

/** What this machine runs: an instruction set and a profile. */
export const variants: readonly (readonly [set: string, profile: NumericsProfile])[] = (
  isBuilt ? builtLibrary().variants : []
).map((variant) => {
  const [set = '', profile = ''] = variant.split(' ');
  return [set, profile as NumericsProfile];
});

const rooms = new Map<Engine, Pointer>();

/** Operands in the same places with the same values each time that it is made from the same seed. */
export class Arena {
  readonly #engine: Engine;
  readonly #results: { readonly pointer: Pointer; readonly elements: number }[] = [];
  #next: number;
  #state: number;

  constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    const room = rooms.get(engine) ?? engine.allocate(roomBytes);
    rooms.set(engine, room);
    this.#next = room;
    this.#state = (seed * 2_654_435_761 + 12_345) >>> 0;
  }

  /** Values in [−range, range), one in twenty of them NaN, infinite, subnormal, −0 or near the largest. */
  floats(elements: number, range = 1): Pointer {
    const view = this.#take(elements);
    for (let index = 0; index < elements; index++) {
      const isAwkward = this.#draw() % 20 === 0;
      view[index] = isAwkward ? (awkward[this.#draw() % awkward.length] ?? 0) : (this.#draw() / 2 ** 23 - 1) * range;
    }
    return view.byteOffset as Pointer;
  }

  /** Finite values in [low, high). */
  finite(elements: number, low: number, high: number): Pointer {
    const view = this.#take(elements);
    for (let index = 0; index < elements; index++) view[index] = low + (this.#draw() / 2 ** 24) * (high - low);
    return view.byteOffset as Pointer;
  }

  /** Whole numbers from 0 to `below` − 1. */
  integers(elements: number, below: number): Pointer {
    const view = this.#take(elements);
    const integers = this.#engine.int32(view.byteOffset as Pointer, elements);
    for (let index = 0; index < elements; index++) integers[index] = this.#draw() % below;
    return view.byteOffset as Pointer;
  }

  /** Room for results, between elements that are compared too. */
  output(elements: number): Pointer {
    const view = this.#take(elements + 2 * around).fill(7);
    this.#results.push({ pointer: view.byteOffset as Pointer, elements: elements + 2 * around });
    return (view.byteOffset + 4 * around) as Pointer;
  }

  scratch(bytes: number): Pointer {
    return this.#take(Math.ceil(bytes / 4)).byteOffset as Pointer;
  }

  /** Makes an operand a result as well. */
  kept(pointer: Pointer, elements: number): Pointer {
    this.#results.push({ pointer, elements });
    return pointer;
  }

  /** A number that a kernel has returned. */
  result(value: number): void {
    this.#engine.float32(this.output(1), 1)[0] = value;
  }

  /** The bits of all results; those of every NaN are the same, which are no part of the contract. */
  results(): readonly Uint32Array[] {
    return this.#results.map(({ pointer, elements }) => {
      const values = this.#engine.float32(pointer, elements).slice();
      return new Uint32Array(values.map((value) => (Number.isNaN(value) ? Number.NaN : value)).buffer);
    });
  }

  #take(elements: number): Float32Array {
    const pointer = this.#next as Pointer;
    this.#next += Math.ceil((4 * elements) / 64) * 64 + 64;
    return this.#engine.float32(pointer, elements);
  }

  /** 24 bits. */
  #draw(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state >>> 8;
  }
}

const awkward = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-42, -1e-42, -0, 3e38, -3e38];

/** Kernels of an instruction set, in the memory of `engines[profile]`. */
export function nativeKernels(set: string, profile: NumericsProfile): Partial<Kernels> {
  const { memory } = engines[profile];
  const { moved: _, ...kernels } = builtLibrary().createKernels(set, profile, new Uint8Array(memory.buffer));
  return kernels;
}

/** That a call leaves the same bits by both. */
export function expectSameBits(
  native: Partial<Kernels>,
  profile: NumericsProfile,
  seed: number,
  call: (kernels: Kernels, arena: Arena) => void,
): void {
  const engine = engines[profile];
  const [expected, found] = [engine.kernels, { ...engine.kernels, ...native }].map((kernels) => {
    const arena = new Arena(engine, seed);
    call(kernels, arena);
    return arena.results();
  });
  // Quick where they agree; where not, in words.
  if (expected === undefined || found === undefined || !areEqual(expected, found)) expect(found).toEqual(expected);
}

function areEqual(one: readonly Uint32Array[], other: readonly Uint32Array[]): boolean {
  return one.every((words, index) =>
    Buffer.from(words.buffer).equals(Buffer.from(other[index]?.buffer ?? new ArrayBuffer(0))),
  );
}
