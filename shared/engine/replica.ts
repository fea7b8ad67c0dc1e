// A replica of the model: parameters, and the plans that compute gradients, losses and predictions with them. Workers
// and the coordinator drive the same class.

import type { Samples } from '../data/samples.ts';
import { InputError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { evaluationSamples, ForwardPasses } from './forward_passes.ts';
import type { Graph } from './graph.ts';
import { initializeParameters } from './initialize.ts';
import type { Pointer } from './kernels.ts';
import { buildModel, type Model, type ParameterLayout } from './model.ts';
import { ModelMemory } from './model_memory.ts';
import type { OpRegistry } from './op_registry.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { nobodyElse, type OtherParts } from './other_parts.ts';
import type { Plan } from './plan.ts';
import type { ProgramVariables } from './program.ts';
import { ReplicaPlans } from './replica_plans.ts';
import { requireSamples, requireValues } from './requirements.ts';
import { elementsOf } from './shape.ts';
import { ShardPasses } from './shard_passes.ts';
import { ReusedResult, type ShardResult, type SumsResult } from './shard_result.ts';
import { ShardSum } from './shard_sum.ts';
import { createStateUpdates, type UpdateStates } from './state_updates.ts';

export interface ReplicaOptions {
  readonly microbatchSize: number;
  /** The ops that the graph may use; the built-in ones by default. */
  readonly ops?: OpRegistry | undefined;
}

/** Looks, between two passes over samples, whether to go on; throws if not. */
export type BetweenPasses = () => void;

/** Operations for each parameter and pass, beyond those of the plan: packing, and joining gradients. */
const operationsPerParameter = 4;

/** The position of a shard that is in no run. */
const start: Readonly<ProgramVariables> = { step: 0, firstSample: 0 };

export class Replica {
  readonly #engine: Engine;
  readonly #model: Model;
  readonly #microbatchSize: number;
  readonly #memory: ModelMemory;
  readonly #shardSum: ShardSum;
  readonly #updateStates: UpdateStates;
  readonly #plans: ReplicaPlans;
  readonly #passes: ShardPasses;
  readonly #forward: ForwardPasses;
  readonly #result: ReusedResult;
  #operationsPerSample = 0;
  #parametersVersion = 0;
  #frozenVersion = 0;

  private constructor(engine: Engine, model: Model, microbatchSize: number) {
    this.#engine = engine;
    this.#model = model;
    this.#microbatchSize = microbatchSize;
    this.#memory = new ModelMemory(engine, model, Math.max(microbatchSize, evaluationSamples));
    this.#plans = new ReplicaPlans(engine, model, this.#memory);
    this.#shardSum = new ShardSum(engine, model.layout.total, 1 + model.metrics.length);
    this.#passes = new ShardPasses({
      memory: this.#memory,
      plans: this.#plans,
      sum: this.#shardSum,
      microbatchSize,
    });
    this.#forward = new ForwardPasses(this.#memory, this.#plans, this.#shardSum.sums.length);
    this.#updateStates = createStateUpdates(engine, model.layout);
    const metrics = model.metrics.map(({ name }) => name);
    this.#result = new ReusedResult(this.#shardSum.gradient, metrics);
  }

  /**
   * Compiles the graph.
   * @throws {InputError} if the graph does not fit together or the memory does not suffice.
   */
  static create(engine: Engine, graph: Graph, { microbatchSize, ops }: ReplicaOptions): Replica {
    if (!Number.isInteger(microbatchSize) || microbatchSize < 1) {
      throw new InputError(`microbatchSize is ${microbatchSize}, expected an integer of at least 1`);
    }
    const replica = new Replica(engine, buildModel(graph, ops), microbatchSize);
    const plan = replica.#plans.training(microbatchSize, replica.#shardSum.gradient);
    const { total } = replica.layout;
    replica.#operationsPerSample = (plan.operations + operationsPerParameter * total) / microbatchSize;
    return replica;
  }

  get layout(): ParameterLayout {
    return this.#model.layout;
  }

  /** Samples of the atom that gradients are computed in. */
  get microbatchSize(): number {
    return this.#microbatchSize;
  }

  /** Floating-point operations that training takes for each sample, estimated; evaluation takes fewer. */
  get operationsPerSample(): number {
    return this.#operationsPerSample;
  }

  /** Elements of the flat vectors: parameters, and the states behind them. */
  get parameterCount(): number {
    return this.#model.layout.total;
  }

  /** Where the flat f32 parameters and states are, in the layout's order: to be read, or written as `parametersChanged` says. */
  get parameters(): Pointer {
    return this.#memory.parameters;
  }

  /** Elements of the frozen vector. */
  get frozenCount(): number {
    return this.#model.layout.frozenTotal;
  }

  /** Where the frozen parameters are: to be read, or written as `frozenChanged` says. */
  get frozen(): Pointer {
    return this.#memory.frozen;
  }

  /** How often the parameters have changed: whoever keeps a copy sees by it that it is old. */
  get parametersVersion(): number {
    return this.#parametersVersion;
  }

  /** The same of the frozen ones. */
  get frozenVersion(): number {
    return this.#frozenVersion;
  }

  /** Replaces the frozen parameters, as `setParameters` does the others: `frozenCount` values. */
  setFrozen(values: Float32Array): void {
    requireValues('frozen parameters', values, this.frozenCount);
    this.#engine.float32(this.frozen, this.frozenCount).set(values);
    this.frozenChanged();
  }

  /** For what writes to the memory at `frozen`: computing goes on with what was there before until this is called. */
  frozenChanged(): void {
    this.#frozenVersion += 1;
    this.#memory.prepared.frozenChanged();
  }

  /** A copy of the parameters, flat, in the layout's order. */
  readParameters(): Float32Array {
    return this.#engine.float32(this.parameters, this.parameterCount).slice();
  }

  /**
   * Replaces all parameters.
   * @param values flat, in the layout's order: `parameterCount` of them.
   * @throws {InputError} if there are more or fewer.
   */
  setParameters(values: Float32Array): void {
    requireValues('parameters', values, this.parameterCount);
    this.#engine.float32(this.parameters, this.parameterCount).set(values);
    this.parametersChanged();
  }

  /**
   * One update: of the parameters by an optimizer, see its `apply` for the arguments; of the states by their rules.
   * @returns whether all parameters and states are finite.
   */
  update(optimizer: Optimizer, gradient: Pointer, samples: number, learningRate: number, step: number): boolean {
    const areParametersFinite = optimizer.apply(this.parameters, gradient, samples, learningRate, step);
    const areStatesFinite = this.#updateStates(this.parameters, gradient, samples);
    this.parametersChanged();
    return areParametersFinite && areStatesFinite;
  }

  /**
   * For what writes to the memory at `parameters` itself, as the wire does: computing goes on with the old parameters, in
   * part, until this is called.
   */
  parametersChanged(): void {
    this.#parametersVersion += 1;
    this.#memory.prepared.parametersChanged();
  }

  /** Sets the initial weights of a seed, an integer from 0 to 2^53 − 1, frozen ones too. */
  initialize(seed: number): void {
    initializeParameters(this.#engine, this.layout.tensors, this.parameters, seed);
    initializeParameters(this.#engine, this.layout.frozen, this.frozen, seed);
    this.parametersChanged();
    this.frozenChanged();
  }

  /**
   * Gradient, loss and metrics of a shard: each microbatch alone, then joined over the reduction tree. The shard starts
   * at a multiple of the smallest power of two that holds it, so its own tree is the step's subtree.
   * @param position step and, for the shard's first sample, its place in the mini-batch: what random draws count by.
   * @param betweenPasses called between two microbatches; what it throws ends the computation, and the next one is whole.
   * @param others what others compute of it.
   * @throws {InputError} if there is no sample, a label is out of range or a field of another length than its samples.
   */
  computeShard(
    samples: Samples,
    position = start,
    betweenPasses?: BetweenPasses,
    others: OtherParts = nobodyElse,
  ): ShardResult {
    requireSamples(samples.count);
    this.#passes.compute(samples, position, betweenPasses, others);
    return this.#result.write(samples.count, this.#shardSum.sums);
  }

  /** Loss and metrics alone. @throws {InputError} as `computeShard`. */
  evaluate(samples: Samples, betweenPasses?: BetweenPasses, others: OtherParts = nobodyElse): SumsResult {
    requireSamples(samples.count);
    this.#forward.evaluate(samples, this.#shardSum.sums, betweenPasses, others);
    return this.#result.write(samples.count, this.#shardSum.sums);
  }

  /** The prediction node's values, sample after sample. Fields that it does not depend on, as labels, may be missing. */
  predict(samples: Samples): Float32Array {
    return this.#forward.predict(samples, elementsOf(this.#model.prediction.shape));
  }

  /** The plan of the first microbatch, ready to be run again and again, for a look at what it does. Throws as `computeShard`. */
  microbatchPlan(samples: Samples): Plan {
    requireSamples(samples.count);
    const count = Math.min(samples.count, this.#microbatchSize);
    return this.#forward.ready(this.#plans.training(count, this.#shardSum.gradient), samples, 0);
  }
}
