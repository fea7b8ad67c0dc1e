// The engine: one WebAssembly binary per numerics profile, with a memory of its own that buffers are carved from.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeBase64 } from '../base64.ts';
import { InputError } from '../errors.ts';
import { binary as fusedBinary } from './generated/fused.ts';
import { binary as portableBinary } from './generated/portable.ts';
import { epilogueCodes, type Kernels, type Pointer } from './kernels.ts';

/** `portable`: the same bits everywhere. `fused`: fused multiply-add, faster, the same bits on machines that fuse. */
export type NumericsProfile = 'portable' | 'fused';

const binaries: Readonly<Record<NumericsProfile, string>> = { portable: portableBinary, fused: fusedBinary };

const pageBytes = 65_536;
const maximumPages = 65_536;

/** Buffers start at cache lines, and leave room for a vector read past the end of a tensor. */
const alignment = 64;
const slackBytes = 64;

/** Rebuilt binaries and this list are checked against each other when an engine is loaded. */
const kernelNames: { readonly [name in keyof Kernels]: true } = {
  packedBytes: true,
  scratchBytes: true,
  pack: true,
  packTransposed: true,
  matmul: true,
  matmulTransposed: true,
  conv2d: true,
  conv2dFilterGradient: true,
  packRotated: true,
  pad: true,
  maxPool: true,
  maxPoolGradient: true,
  averagePool: true,
  averagePoolGradient: true,
  scaleBytes: true,
  scale: true,
  fill: true,
  copy: true,
  add: true,
  addBias: true,
  sumRows: true,
  relu: true,
  reluGradient: true,
  sigmoid: true,
  sigmoidGradient: true,
  tanh: true,
  tanhGradient: true,
  exp: true,
  log: true,
  softmax: true,
  softmaxCrossEntropy: true,
  sumOfSquaredErrors: true,
  accuracy: true,
  oneHot: true,
  widenLabels: true,
  sgd: true,
  allFinite: true,
  fillUniform: true,
  fillNormal: true,
};

export class Engine {
  readonly profile: NumericsProfile;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  #next: number;

  constructor(profile: NumericsProfile, kernels: Kernels, memory: WebAssembly.Memory, heapBase: number) {
    this.profile = profile;
    this.kernels = kernels;
    this.memory = memory;
    this.#next = heapBase;
  }

  /**
   * Reserves zeroed bytes for the engine's lifetime, aligned to 64. May grow the memory, which detaches every view of it:
   * take views anew.
   * @throws {InputError} if the memory, 4 GiB at most, is used up.
   */
  allocate(bytes: number): Pointer {
    const start = Math.ceil(this.#next / alignment) * alignment;
    const end = start + bytes + slackBytes;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes);
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
      const mebibytes = Math.ceil(needed / 2 ** 20);
      throw new InputError(
        `the model needs more than ${mebibytes} MiB of engine memory: use a smaller model, batchSize or microbatchSize`,
      );
    }
  }
}

const modules = new Map<NumericsProfile, Promise<WebAssembly.Module>>();

/**
 * Instantiates the engine with a memory of its own.
 * @throws {InputError} if this machine cannot run the profile.
 */
export async function loadEngine(profile: NumericsProfile): Promise<Engine> {
  const module = modules.get(profile) ?? WebAssembly.compile(decodeBase64(binaries[profile]));
  modules.set(profile, module);
  const memory = new WebAssembly.Memory({ initial: 2, maximum: maximumPages });
  const { exports } = await WebAssembly.instantiate(await compiled(module, profile), { env: { memory } });
  for (const name of Object.keys(kernelNames)) {
    if (typeof exports[name] !== 'function') throw new Error(`the ${profile} binary has no kernel ${name}: rebuild it`);
  }
  const { value } = exports.heapBase as { readonly value: number };
  // Checked by name above; the arguments' types are the contract of kernels.ts.
  return new Engine(profile, exports as Kernels, memory, value);
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

/**
 * The numerics probe: SHA-256 (hexadecimal) of a fixed small computation through every arithmetic path of the engine,
 * the same on every machine that honours the profile. A worker shows with it that its bits will be the coordinator's.
 */
export function numericsProbe(engine: Engine): string {
  const { kernels } = engine;
  const size = 12;
  const elements = size * size;
  const buffer = (bytes = 4 * elements) => engine.allocate(bytes);
  const [a, b, product, gradient, packed] = [buffer(), buffer(), buffer(), buffer(), buffer()];
  const sum = buffer(8);
  kernels.fillNormal(a, elements, 1, 2, 3, 4, 1);
  kernels.fillUniform(b, elements, 1, 2, 3, 5, -1, 1);
  kernels.pack(packed, b, size, size);
  kernels.matmul(product, a, packed, size, size, size, b, epilogueCodes.none);
  kernels.matmulTransposed(gradient, product, packed, size, size, size, buffer(kernels.scratchBytes(size, size, size)));
  kernels.tanh(product, product, elements);
  kernels.sigmoid(gradient, gradient, elements);
  kernels.softmax(b, gradient, size, size);
  kernels.log(b, b, elements);
  kernels.sumOfSquaredErrors(sum, a, product, b, elements);
  kernels.sgd(product, gradient, b, elements, 0.1, 0.3, 0.9, 1, 0.01);
  const results = [product, b, a].map((pointer) => engine.bytes(pointer, 4 * elements).slice());
  const hash = sha256.create();
  for (const result of [...results, engine.bytes(sum, 8)]) hash.update(result);
  return bytesToHex(hash.digest());
}
