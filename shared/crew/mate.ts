// A mate: a thread of a crew that computes stretches of the lead's work, with an engine and a replica of its own.

import { packedSamplesBytes, type Samples, sliceSamples, unpackSamples } from '../data/samples.ts';
import type { Engine, EngineLoader, NumericsProfile } from '../engine/engine.ts';
import type { Graph } from '../engine/graph.ts';
import { Replica } from '../engine/replica.ts';
import type { WorkAnswer } from '../work/work_kind.ts';
import { compute, cuttingOf, type Work, workKindNames } from '../work/work_kinds.ts';
import { MateMemory, type MateRoom } from './mate_memory.ts';
import { ModelCopy } from './model_copy.ts';

/** What a thread must know to be a mate: can be sent to it as it is. */
export interface MateOrder {
  readonly numerics: NumericsProfile;
  readonly graph: Graph;
  readonly microbatchSize: number;
  /** Bytes that the mate's engine may use. */
  readonly maximumBytes: number;
  /** The memory of `ModelCopy`. */
  readonly model: SharedArrayBuffer;
  /** That of `MateMemory`, and its sizes. */
  readonly memory: SharedArrayBuffer;
  readonly room: MateRoom;
}

/** What a mate needs of its thread. */
export interface MatePlatform {
  readonly loadEngine: EngineLoader;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Milliseconds that a mate looks for its next task before it sleeps: some ten times what waking it would take. */
const spinMilliseconds = 0.5;

/** The task was called off while it was computed. */
class CalledOff extends Error {}

export class Mate {
  readonly #order: MateOrder;
  readonly #engine: Engine;
  readonly #replica: Replica;
  readonly #memory: MateMemory;
  readonly #model: ModelCopy;
  readonly #metrics: readonly string[];
  #task = 0;

  private constructor(order: MateOrder, engine: Engine) {
    const { graph, microbatchSize } = order;
    this.#order = order;
    this.#engine = engine;
    this.#replica = Replica.create(engine, graph, { microbatchSize });
    this.#memory = new MateMemory(order.room, order.memory);
    this.#model = new ModelCopy(engine, this.#replica, order.model);
    this.#metrics = Object.keys(graph.metrics);
  }

  /** Compiles the model; the lead lends to it from now on. @throws {InputError} as `Replica.create` */
  static async create(order: MateOrder, loadEngine: EngineLoader): Promise<Mate> {
    const { numerics, maximumBytes } = order;
    const mate = new Mate(order, await loadEngine(numerics, { maximumBytes }));
    mate.#memory.becomeReady();
    return mate;
  }

  /** Answers the task that is there, if there is a new one. @returns whether there was */
  answerNext(): boolean {
    const { task } = this.#memory;
    if (task === this.#task) return false;
    this.#task = task;
    try {
      this.#answer();
    } catch {
      // The lead computes the same itself, and fails in the same way, with somebody to tell; or does better.
      this.#memory.endTask(task);
    }
    return true;
  }

  #answer(): void {
    const memory = this.#memory;
    this.#model.fetch(memory.term('parameters'), memory.term('frozen'));
    const work = this.#work();
    const { inputs } = this.#order.graph;
    const samples = unpackSamples(
      memory.samples.subarray(0, packedSamplesBytes(inputs, memory.term('samples'))),
      memory.term('samples'),
      inputs,
    );
    const parts = memory.term('parts');
    for (let part = 0; part < parts; part++) {
      this.#betweenPasses();
      this.#answerPart(work, samples, part);
      memory.answer(this.#task, part + 1);
    }
  }

  #work(): Work {
    const kind = workKindNames[this.#memory.term('kind')];
    if (kind === undefined) throw new RangeError(`no kind of work ${this.#memory.term('kind')}`);
    const shard = { first: this.#memory.term('first'), count: this.#memory.term('count') };
    return { kind, step: this.#memory.term('step'), shard };
  }

  #answerPart(work: Work, { count, fields }: Samples, part: number): void {
    const memory = this.#memory;
    const { inputs } = this.#order.graph;
    const { unitSamples, part: partOf } = cuttingOf(work);
    const size = unitSamples(this.#replica);
    const [first, units] = [memory.partFirst(part), memory.partUnits(part)];
    const start = size * (first - memory.partFirst(0));
    const samples = sliceSamples({ count, fields }, inputs, start, Math.min(count, start + size * units));
    const answer = compute(this.#replica, partOf(work, first, units), samples, this.#betweenPasses);
    this.#writeSums(memory.sums[part], answer);
    if (answer.vector === undefined) return;
    memory.gradients[part]?.set(this.#engine.float32(answer.vector, memory.room.gradient));
  }

  #writeSums(sums: Float64Array | undefined, { lossSum, metricSums }: WorkAnswer): void {
    if (sums === undefined) return;
    sums[0] = lossSum;
    for (let index = 0; index < this.#metrics.length; index++) {
      sums[1 + index] = metricSums[this.#metrics[index] ?? ''] ?? Number.NaN;
    }
  }

  readonly #betweenPasses = (): void => {
    if (this.#memory.isCalledOff(this.#task)) throw new CalledOff();
  };

  /** Waits for a task that is not answered yet. */
  awaitNext(now: () => number): void {
    // Waking a thread costs more than many a task: as long as tasks come one upon the other, it does not sleep.
    const sleepAt = now() + spinMilliseconds;
    while (this.#memory.task === this.#task && now() < sleepAt);
    while (this.#memory.task === this.#task) this.#memory.awaitTask(this.#task);
  }
}

/** Is a mate of the lead that gave the order, until its thread is ended. @throws {InputError} as `Replica.create` */
export async function serveLead(order: MateOrder, { loadEngine, now }: MatePlatform): Promise<never> {
  const mate = await Mate.create(order, loadEngine);
  for (;;) {
    mate.awaitNext(now);
    mate.answerNext();
  }
}
