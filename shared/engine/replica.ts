// A replica of the model: parameters, and the plans that compute gradients, losses and predictions with them. Workers
// and the coordinator drive the same class.

import type { Samples } from '../data/samples.ts';
import type { ProgramMode } from './emitter.ts';
import type { Engine } from './engine.ts';
import type { Graph } from './graph.ts';
import { initializeParameters } from './initialize.ts';
import type { Pointer } from './kernels.ts';
import { buildModel, type Model, type ParameterLayout } from './model.ts';
import { Plan, PreparedParameters } from './plan.ts';

/** Sums over the samples of a shard or an evaluation; reused by the next call. */
export interface SumsResult {
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
}

/** The answer to a training lease; valid until the replica's next call. */
export interface ShardResult extends SumsResult {
  /** The summed gradient, flat f32, `parameterCount` elements. */
  readonly gradient: Pointer;
}

export interface ReplicaOptions {
  readonly microbatchSize: number;
}

/** Samples of a forward pass that is not split by microbatch: loss and prediction of a sample stand alone. */
const evaluationSamples = 100;

/** The sum of a complete subtree, waiting for its right sibling. */
interface Level {
  readonly gradient: Pointer;
  occupied: boolean;
  readonly sums: Float64Array;
}

export class Replica {
  /** Flat f32 parameters, in the layout's order. */
  readonly parameters: Pointer;
  readonly #engine: Engine;
  readonly #model: Model;
  readonly #microbatchSize: number;
  readonly #prepared: PreparedParameters;
  readonly #plans: Readonly<Record<ProgramMode, Map<number, Plan>>> = {
    training: new Map(),
    evaluation: new Map(),
    prediction: new Map(),
  };
  readonly #gradient: Pointer;
  readonly #levels: Level[] = [];
  readonly #sums: Float64Array;
  readonly #metricSums: Record<string, number> = {};
  readonly #result: { gradient: Pointer; samples: number; lossSum: number; metricSums: Record<string, number> };

  private constructor(engine: Engine, model: Model, microbatchSize: number) {
    this.#engine = engine;
    this.#model = model;
    this.#microbatchSize = microbatchSize;
    this.parameters = engine.allocate(4 * model.layout.total);
    this.#gradient = engine.allocate(4 * model.layout.total);
    this.#prepared = new PreparedParameters(engine);
    this.#sums = new Float64Array(1 + model.metrics.length);
    for (const { name } of model.metrics) this.#metricSums[name] = 0;
    this.#result = { gradient: this.#gradient, samples: 0, lossSum: 0, metricSums: this.#metricSums };
  }

  /**
   * Compiles the graph.
   * @throws {InputError} if the graph does not fit together or the memory does not suffice.
   */
  static create(engine: Engine, graph: Graph, { microbatchSize }: ReplicaOptions): Replica {
    const replica = new Replica(engine, buildModel(graph), microbatchSize);
    replica.#plan('training', microbatchSize);
    return replica;
  }

  get layout(): ParameterLayout {
    return this.#model.layout;
  }

  get parameterCount(): number {
    return this.#model.layout.total;
  }

  /** The parameters as a view of the engine's memory; call `parametersChanged` after writing to it. */
  parametersView(): Float32Array {
    return this.#engine.float32(this.parameters, this.parameterCount);
  }

  /** The next computation packs the parameters anew. */
  parametersChanged(): void {
    this.#prepared.parametersChanged();
  }

  /** Sets the initial weights of a seed, an integer from 0 to 2^53 − 1. */
  initialize(seed: number): void {
    initializeParameters(this.#engine, this.layout, this.parameters, seed);
    this.parametersChanged();
  }

  /**
   * Gradient, loss and metrics of a shard: each microbatch alone, then joined over the reduction tree. The shard starts
   * at a multiple of the smallest power of two that holds it, so its own tree is the step's subtree.
   * @throws {InputError} if a label is out of range or a field too short.
   */
  computeShard(samples: Samples): ShardResult {
    for (const level of this.#levels) level.occupied = false;
    for (let first = 0; first < samples.count; first += this.#microbatchSize) {
      const plan = this.#plan('training', Math.min(this.#microbatchSize, samples.count - first));
      plan.load(samples.fields, first);
      plan.run();
      this.#readSums(plan);
      if (first + this.#microbatchSize < samples.count) this.#carry();
      else this.#joinAll();
    }
    return this.#report(samples.count);
  }

  /** Loss and metrics alone. @throws {InputError} as `computeShard`. */
  evaluate(samples: Samples): SumsResult {
    let loss = 0;
    const metrics = this.#model.metrics.map(() => 0);
    for (let first = 0; first < samples.count; first += evaluationSamples) {
      const plan = this.#plan('evaluation', Math.min(evaluationSamples, samples.count - first));
      plan.load(samples.fields, first);
      plan.run();
      loss += plan.sum('loss');
      this.#model.metrics.forEach(({ name }, index) => {
        metrics[index] = (metrics[index] ?? 0) + plan.sum(name);
      });
    }
    this.#sums.set([loss, ...metrics]);
    return this.#report(samples.count);
  }

  /** The prediction node's values, sample after sample. */
  predict(samples: Samples): Float32Array {
    const parts: Float32Array[] = [];
    for (let first = 0; first < samples.count; first += evaluationSamples) {
      const plan = this.#plan('prediction', Math.min(evaluationSamples, samples.count - first));
      plan.load(samples.fields, first);
      plan.run();
      parts.push(plan.prediction().slice());
    }
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #plan(mode: ProgramMode, samples: number): Plan {
    const plans = this.#plans[mode];
    const known = plans.get(samples);
    if (known !== undefined) return known;
    const { parameters } = this;
    const plan = new Plan({
      engine: this.#engine,
      model: this.#model,
      mode,
      samples,
      parameters,
      gradient: this.#gradient,
      prepared: this.#prepared,
    });
    plans.set(samples, plan);
    return plan;
  }

  #readSums(plan: Plan): void {
    this.#sums[0] = plan.sum('loss');
    for (let index = 0; index < this.#model.metrics.length; index++) {
      this.#sums[index + 1] = plan.sum(this.#model.metrics[index]?.name ?? '');
    }
  }

  /** A binary counter: the new leaf joins each complete left sibling, level by level, and waits at the first gap. */
  #carry(): void {
    let depth = 0;
    for (let level = this.#level(depth); level.occupied; level = this.#level(++depth)) this.#joinLeft(level);
    const level = this.#level(depth);
    this.#engine.kernels.copy(level.gradient, this.#gradient, this.parameterCount);
    level.sums.set(this.#sums);
    level.occupied = true;
  }

  /** The last leaf joins whatever waits, from the lowest level up: where a sibling is absent there is none to wait for. */
  #joinAll(): void {
    for (const level of this.#levels) if (level.occupied) this.#joinLeft(level);
  }

  /** sums and gradient = level + sums and gradient. */
  #joinLeft(level: Level): void {
    this.#engine.kernels.add(this.#gradient, level.gradient, this.#gradient, this.parameterCount);
    for (let index = 0; index < this.#sums.length; index++) {
      this.#sums[index] = (level.sums[index] ?? 0) + (this.#sums[index] ?? 0);
    }
    level.occupied = false;
  }

  #level(depth: number): Level {
    const known = this.#levels[depth];
    if (known !== undefined) return known;
    const level = {
      gradient: this.#engine.allocate(4 * this.parameterCount),
      occupied: false,
      sums: new Float64Array(this.#sums.length),
    };
    this.#levels[depth] = level;
    return level;
  }

  #report(samples: number): ShardResult {
    const result = this.#result;
    result.samples = samples;
    result.lossSum = this.#sums[0] ?? Number.NaN;
    for (let index = 0; index < this.#model.metrics.length; index++) {
      const name = this.#model.metrics[index]?.name;
      if (name !== undefined) this.#metricSums[name] = this.#sums[index + 1] ?? Number.NaN;
    }
    return result;
  }
}
