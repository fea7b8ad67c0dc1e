// The engine: one WebAssembly binary per numerics profile, with a memory of its own that buffers are carved from.

import { decodeBase64 } from '../base64.ts';
import { InputError } from '../errors.ts';
import { applyDelta } from './binary_delta.ts';
import { delta as fusedDelta } from './generated/fused.ts';
import { type Kernels, kernelNames } from './generated/kernels.ts';
import { binary as portableBinary } from './generated/portable.ts';
import type { Pointer } from './kernels.ts';

/** `portable`: the same bits everywhere. `fused`: fused multiply-add, faster, the same bits on machines that fuse. */
export type NumericsProfile = 'portable' | 'fused';

const binaryOf: Readonly<Record<NumericsProfile, () => Uint8Array<ArrayBuffer>>> = {
  portable: () => decodeBase64(portableBinary),
  fused: () => applyDelta(decodeBase64(portableBinary), decodeBase64(fusedDelta)),
};

const pageBytes = 65_536;
const maximumPages = 65_536;

/** All that 32-bit addresses reach, in bytes. */
export const engineMemory = maximumPages * pageBytes;

/** Buffers start at cache lines, and leave room for a vector read past the end of a tensor. */
const alignment = 64;
const slackBytes = 64;

export class Engine {
  readonly profile: NumericsProfile;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly #maximumBytes: number;
  readonly #grown: readonly (() => void)[];
  #next: number;

  constructor({ profile, kernels, memory, maximumBytes, heapBase, grown }: EngineParts) {
    this.profile = profile;
    this.kernels = kernels;
    this.memory = memory;
    this.#maximumBytes = maximumBytes;
    this.#grown = grown;
    this.#next = heapBase;
  }

  /**
   * Reserves zeroed bytes for the engine's lifetime, aligned to 64. May grow the memory, which detaches every view of it:
   * take views anew.
   * @throws {EngineMemoryError} if that is more than the engine may have; nothing has been reserved then.
   */
  allocate(bytes: number): Pointer {
    const start = Math.ceil(this.#next / alignment) * alignment;
    const end = start + bytes + slackBytes;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes);
    if (end > this.#maximumBytes) throw new EngineMemoryError(end);
    if (missing > 0) this.#grow(missing, end);
    this.#next = end;
    return start as Pointer;
  }

  /** A view of f32 elements; valid until memory grows, as all views. */
  float32(pointer: Pointer, elements: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, elements);
  }

  float64(pointer: Pointer, elements: number): Float64Array {
    return new Float64Array(this.memory.buffer, pointer, elements);
  }

  int32(pointer: Pointer, elements: number): Int32Array {
    return new Int32Array(this.memory.buffer, pointer, elements);
  }

  bytes(pointer: Pointer, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer, bytes);
  }

  #grow(pages: number, needed: number): void {
    try {
      this.memory.grow(pages);
    } catch {
      throw new EngineMemoryError(needed);
    }
    for (const grown of this.#grown) grown();
  }
}

interface EngineParts {
  readonly profile: NumericsProfile;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  /** Where the memory is free from. */
  readonly heapBase: number;
  /** Called each time that the memory has grown. */
  readonly grown: readonly (() => void)[];
}

/** The model, or what is to be computed with it, needs more memory than there is, or than was allowed. */
export class EngineMemoryError extends InputError {
  /** Bytes needed at least. */
  readonly needed: number;

  constructor(needed: number) {
    const mebibytes = Math.ceil(needed / 2 ** 20);
    super(
      `the model needs at least ${mebibytes} MiB of engine memory: use a smaller model, batchSize or microbatchSize`,
    );
    this.needed = needed;
  }
}

const modules = new Map<NumericsProfile, Promise<WebAssembly.Module>>();

/**
 * Kernels of one's own in the place of the binary's: functions of the same contract that work in the same memory. Each
 * gives the same bits as the one it replaces; the numerics probe runs it. A listener that is given to `onGrowth` is called
 * each time that the memory has grown: its buffer is another one then, and may lie at another address.
 */
export type KernelReplacement = (
  memory: WebAssembly.Memory,
  kernels: Kernels,
  onGrowth: (grown: () => void) => void,
) => Partial<Kernels>;

/** `loadEngine`, or what loads an engine in its own way on some machines. */
export type EngineLoader = (profile: NumericsProfile, options?: Pick<EngineOptions, 'maximumBytes'>) => Promise<Engine>;

export interface EngineOptions {
  readonly replace?: KernelReplacement;
  /** Bytes that the engine may use; all that it can address, if absent. */
  readonly maximumBytes?: number;
}

/**
 * Instantiates the engine with a memory of its own.
 * @throws {InputError} if this machine cannot run the profile.
 */
export async function loadEngine(
  profile: NumericsProfile,
  { replace, maximumBytes = engineMemory }: EngineOptions = {},
): Promise<Engine> {
  const module = modules.get(profile) ?? WebAssembly.compile(binaryOf[profile]());
  modules.set(profile, module);
  const memory = new WebAssembly.Memory({ initial: 2, maximum: maximumPages });
  const { exports } = await WebAssembly.instantiate(await compiled(module, profile), { env: { memory } });
  const own = kernelsOf(exports, profile);
  const grown: (() => void)[] = [];
  const replaced = replace?.(memory, own, (listener) => grown.push(listener));
  const { value: heapBase } = exports.heapBase as { readonly value: number };
  return new Engine({ profile, kernels: { ...own, ...replaced }, memory, maximumBytes, heapBase, grown });
}

/** Checks by name what a binary exports; the arguments' types are those that the build read from the same source. */
function kernelsOf(exports: Readonly<Record<string, unknown>>, profile: NumericsProfile): Kernels {
  for (const name of kernelNames) {
    if (typeof exports[name] !== 'function') throw new Error(`the ${profile} binary has no kernel ${name}: rebuild it`);
  }
  return exports as Kernels;
}

async function compiled(module: Promise<WebAssembly.Module>, profile: NumericsProfile): Promise<WebAssembly.Module> {
  try {
    return await module;
  } catch (error) {
    modules.delete(profile);
    if (profile === 'portable') throw error;
    throw new InputError(
      'numerics "fused" needs WebAssembly relaxed SIMD, which this runtime lacks: use numerics "portable", ' +
        'Node 22 or later, or Node 20 with --experimental-wasm-relaxed-simd',
    );
  }
}
