// The model's weights in memory that a whole crew shares: the lead writes them once a version, each mate copies them when it
// is to compute with a version that it does not have. A mate that was called off may read them while the next are written,
// but it takes them for the older version, and copies them again.

import type { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/kernels.ts';
import type { Replica } from '../engine/replica.ts';

interface Vector {
  readonly pointer: Pointer;
  readonly shared: Float32Array;
  /** Of the engine's memory; made anew when that has grown. */
  view: Float32Array;
  version: number;
}

export class ModelCopy {
  /** For the threads that share it. */
  readonly buffer: SharedArrayBuffer;
  readonly #engine: Engine;
  readonly #replica: Replica;
  readonly #parameters: Vector;
  readonly #frozen: Vector;

  /** @param buffer what another thread has made for the same model; made anew if left out */
  constructor(engine: Engine, replica: Replica, buffer?: SharedArrayBuffer) {
    const { parameterCount, frozenCount } = replica;
    this.#engine = engine;
    this.#replica = replica;
    this.buffer = buffer ?? new SharedArrayBuffer(4 * (parameterCount + frozenCount));
    const vector = (pointer: Pointer, first: number, elements: number): Vector => ({
      pointer,
      shared: new Float32Array(this.buffer, 4 * first, elements),
      view: engine.float32(pointer, elements),
      version: 0,
    });
    this.#parameters = vector(replica.parameters, 0, parameterCount);
    this.#frozen = vector(replica.frozen, parameterCount, frozenCount);
  }

  /** The versions that are shared. */
  get parametersVersion(): number {
    return this.#parameters.version;
  }

  get frozenVersion(): number {
    return this.#frozen.version;
  }

  /** The lead's: shares what has changed. */
  share(): void {
    const { parametersVersion, frozenVersion } = this.#replica;
    if (this.#parameters.version !== parametersVersion) {
      this.#parameters.shared.set(this.#viewOf(this.#parameters));
      this.#parameters.version = parametersVersion;
    }
    if (this.#frozen.version === frozenVersion) return;
    this.#frozen.shared.set(this.#viewOf(this.#frozen));
    this.#frozen.version = frozenVersion;
  }

  /** A mate's: takes over what it does not have. */
  fetch(parameters: number, frozen: number): void {
    if (this.#parameters.version !== parameters) {
      this.#viewOf(this.#parameters).set(this.#parameters.shared);
      this.#parameters.version = parameters;
      this.#replica.parametersChanged();
    }
    if (this.#frozen.version === frozen) return;
    this.#viewOf(this.#frozen).set(this.#frozen.shared);
    this.#frozen.version = frozen;
    this.#replica.frozenChanged();
  }

  #viewOf(vector: Vector): Float32Array {
    if (vector.view.buffer !== this.#engine.memory.buffer) {
      vector.view = this.#engine.float32(vector.pointer, vector.shared.length);
    }
    return vector.view;
  }
}
