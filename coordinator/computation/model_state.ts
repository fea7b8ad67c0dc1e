// The coordinator's half of the numbers: parameters, optimizer state and the gradients on their way to them.

import { createHash } from 'node:crypto';
import type { Engine } from '../../shared/engine/engine.ts';
import type { Optimizer } from '../../shared/engine/optimizers/optimizer.ts';
import { createOptimizer, type OptimizerSpecification } from '../../shared/engine/optimizers/optimizer_registry.ts';
import type { Replica } from '../../shared/engine/replica.ts';
import type { AverageWeights } from '../../shared/job/training_control.ts';
import type { GradientSlot } from '../training/trainer_messages.ts';
import { GradientStore } from './gradient_store.ts';
import { Weights } from './weights.ts';

export interface ModelStateOptions {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly optimizer: OptimizerSpecification;
  /** Names of the model's metrics. */
  readonly metrics: readonly string[];
  /** Gradients expected to be held at once. */
  readonly concurrentGradients: number;
  /** Whether a moving average of the weights is kept. */
  readonly average?: AverageWeights | undefined;
  /** Whether the weights of the best epoch are. */
  readonly keepsBest?: boolean;
}

export class ModelState {
  readonly engine: Engine;
  readonly replica: Replica;
  readonly optimizer: Optimizer;
  readonly gradients: GradientStore;
  readonly weights: Weights;
  #frozenDigest: string | undefined;

  constructor(options: ModelStateOptions) {
    const { engine, replica, optimizer, metrics, concurrentGradients } = options;
    this.engine = engine;
    this.replica = replica;
    const { tensors, trainable } = replica.layout;
    const parameters = tensors.filter(({ kind }) => kind === 'parameter');
    this.optimizer = createOptimizer(engine, optimizer, trainable, parameters);
    this.gradients = new GradientStore({
      engine,
      elements: replica.parameterCount,
      metrics,
      concurrent: concurrentGradients,
    });
    this.weights = new Weights(options);
  }

  /** The flat f32 parameters that are trained, little-endian: a view, valid until the engine's memory grows. */
  get parameterBytes(): Uint8Array {
    return this.weights.trained;
  }

  /** Those that are computed with: the same but while their moving average is measured. */
  get usedBytes(): Uint8Array {
    return this.weights.inUse;
  }

  /** The flat f32 frozen weights; a view as `parameterBytes`. */
  get frozenBytes(): Uint8Array {
    return this.engine.bytes(this.replica.frozen, 4 * this.replica.frozenCount);
  }

  /** SHA-256 of the frozen weights, hexadecimal; undefined where nothing is frozen. */
  get frozenDigest(): string | undefined {
    if (this.replica.frozenCount === 0) return undefined;
    this.#frozenDigest ??= createHash('sha256').update(this.frozenBytes).digest('hex');
    return this.#frozenDigest;
  }

  /** Replaces the frozen weights, before a run begins. */
  setFrozen(bytes: Uint8Array): void {
    this.frozenBytes.set(bytes);
    this.#frozenDigest = undefined;
    this.replica.frozenChanged();
  }

  /** SHA-256 of the parameters, hexadecimal: what the exactness contract is about. */
  get parametersDigest(): string {
    return createHash('sha256').update(this.parameterBytes).digest('hex');
  }

  /**
   * The optimizer's update number `step`, counted from 1, with the mean gradient, and the states' own; releases the slot.
   * @returns whether all parameters and states are finite.
   */
  applyGradient(gradient: GradientSlot, samples: number, learningRate: number, step: number): boolean {
    const sum = this.gradients.pointer(gradient);
    const finite = this.replica.update(this.optimizer, sum, samples, learningRate, step);
    this.weights.follow(step);
    this.gradients.release(gradient);
    return finite;
  }
}
