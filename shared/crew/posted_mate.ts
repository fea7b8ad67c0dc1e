// A mate that shares no memory with its lead: each task is posted to it, with all that it needs.

import { packedSamplesBytes, unpackSamples } from '../data/samples.ts';
import type { Engine, EngineLoader } from '../engine/engine.ts';
import { Replica } from '../engine/replica.ts';
import { buffersIn, type FromMate, type Post, type PostedOrder, type PostedTask } from './posted_messages.ts';
import { computeParts } from './stretch_parts.ts';

export class PostedMate {
  readonly #order: PostedOrder;
  readonly #engine: Engine;
  readonly #replica: Replica;
  readonly #post: Post<FromMate>;

  private constructor(order: PostedOrder, engine: Engine, post: Post<FromMate>) {
    const { graph, microbatchSize } = order;
    this.#order = order;
    this.#engine = engine;
    this.#replica = Replica.create(engine, graph, { microbatchSize });
    this.#post = post;
  }

  /** Compiles the model, and says that it has. @throws {InputError} as `Replica.create` */
  static async create(order: PostedOrder, loadEngine: EngineLoader, post: Post<FromMate>): Promise<PostedMate> {
    const { numerics, maximumBytes } = order;
    const mate = new PostedMate(order, await loadEngine(numerics, { maximumBytes }), post);
    post({ type: 'ready' }, []);
    return mate;
  }

  take(task: PostedTask): void {
    const { buffers } = task;
    let answer: FromMate;
    try {
      answer = { type: 'answered', sums: this.#compute(task), buffers };
    } catch {
      answer = { type: 'failed', buffers };
    }
    this.#post(answer, buffersIn(buffers));
  }

  #compute(task: PostedTask) {
    const { samples: count, buffers } = task;
    const { graph } = this.#order;
    const [engine, replica] = [this.#engine, this.#replica];
    if (buffers.parameters.byteLength > 0) {
      replica.setParameters(new Float32Array(buffers.parameters));
    }
    if (buffers.frozen.byteLength > 0) replica.setFrozen(new Float32Array(buffers.frozen));
    const packed = new Uint8Array(buffers.samples, 0, packedSamplesBytes(graph.inputs, count));
    const samples = unpackSamples(packed, count, graph.inputs);
    return computeParts({ engine, replica, graph }, task, samples, buffers.vectors);
  }
}
