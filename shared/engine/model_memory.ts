// What the plans of one model share in the engine's memory. Plans never run at once, so they also share the room for
// their temporary buffers.

import type { Engine } from './engine.ts';
import { InputBuffers } from './input_buffers.ts';
import type { Pointer } from './kernels.ts';
import type { Model } from './model.ts';
import type { Tensor } from './ops/op.ts';
import { PreparedParameters } from './prepared_parameters.ts';
import type { ProgramVariables } from './program.ts';

export class ModelMemory {
  /** Flat f32 parameters. */
  readonly parameters: Pointer;
  /** The frozen ones, in a vector of their own. */
  readonly frozen: Pointer;
  readonly inputs: InputBuffers;
  readonly prepared: PreparedParameters;
  /** Set before a plan runs. */
  readonly variables: ProgramVariables = { step: 0, firstSample: 0 };
  readonly #engine: Engine;
  /** Slots of the loss and of each metric among the sums. */
  readonly #slots: readonly number[];
  readonly #slotOf: ReadonlyMap<Tensor, number>;
  readonly #sums: Pointer;
  #sumsView: Float64Array;
  #room: { readonly pointer: Pointer; readonly bytes: number };

  /** @param samples The most that a plan computes at once. */
  constructor(engine: Engine, model: Model, samples: number) {
    this.#engine = engine;
    this.parameters = engine.allocate(4 * model.layout.total);
    this.frozen = engine.allocate(4 * model.layout.frozenTotal);
    this.inputs = new InputBuffers(engine, model.inputs, samples);
    this.prepared = new PreparedParameters(engine, { start: this.frozen, bytes: 4 * model.layout.frozenTotal });
    const nodes = [model.loss, ...model.metrics.map(({ node }) => node)];
    // Two metrics, or a metric and the loss, may be one node.
    this.#slotOf = new Map([...new Set(nodes)].map((node, slot) => [node.output, slot]));
    this.#slots = nodes.map((node) => this.#slotOf.get(node.output) ?? 0);
    this.#sums = engine.allocate(8 * this.#slotOf.size);
    this.#sumsView = engine.float64(this.#sums, this.#slotOf.size);
    this.#room = { pointer: 0 as Pointer, bytes: 0 };
  }

  /** Where a loss or metric leaves its f64 sum. */
  sumPointer(tensor: Tensor): Pointer | undefined {
    const slot = this.#slotOf.get(tensor);
    return slot === undefined ? undefined : ((this.#sums + 8 * slot) as Pointer);
  }

  /** Copies the sums that the last run left: of the loss, then of each metric. */
  readSums(target: Float64Array): void {
    if (this.#sumsView.length === 0) this.#sumsView = this.#engine.float64(this.#sums, this.#slotOf.size);
    for (let index = 0; index < this.#slots.length; index++) {
      target[index] = this.#sumsView[this.#slots[index] ?? 0] ?? Number.NaN;
    }
  }

  /** Room for a plan's temporary buffers, of which nothing outlasts a run. */
  temporaryRoom(bytes: number): Pointer {
    if (bytes > this.#room.bytes) {
      // Twice the last room at least: what earlier plans keep adds up to no more than what is in use.
      const reserved = Math.max(bytes, 2 * this.#room.bytes);
      this.#room = { pointer: this.#engine.allocate(reserved), bytes: reserved };
    }
    return this.#room.pointer;
  }
}
