// A model's weights, of which there may be three: those that are trained, their moving average, and those of the best epoch.
// The replica computes with the trained ones or with the average, whichever is in its memory; the other is beside it.

import type { Engine } from '../../shared/engine/engine.ts';
import type { Pointer } from '../../shared/engine/kernels.ts';
import type { Replica } from '../../shared/engine/replica.ts';
import type { AverageWeights } from '../../shared/job/training_control.ts';

export interface WeightsOptions {
  readonly engine: Engine;
  readonly replica: Replica;
  /** Whether there is a moving average. */
  readonly average?: AverageWeights | undefined;
  /** Whether those of the best epoch are kept. */
  readonly keepsBest?: boolean;
}

/** Which weights a run, or whoever reads its checkpoint, ends with. */
export type Result = 'trained' | 'averaged' | 'best';

export class Weights {
  readonly #engine: Engine;
  readonly #replica: Replica;
  /** The average, while the replica computes with what is trained; else what is trained. */
  readonly #aside: Pointer | undefined;
  /** What of an update goes into the average. */
  readonly #share: number;
  readonly #best: Pointer | undefined;
  #inUse: 'trained' | 'averaged' = 'trained';
  #hasBest = false;
  /** Whether the weights in use are those that the run ended with. */
  #isResult = false;

  constructor({ engine, replica, average, keepsBest = false }: WeightsOptions) {
    this.#engine = engine;
    this.#replica = replica;
    this.#aside = average === undefined ? undefined : engine.allocate(this.#length);
    this.#share = average === undefined ? 1 : 1 - average.decay;
    this.#best = keepsBest ? engine.allocate(this.#length) : undefined;
  }

  get #length(): number {
    return 4 * this.#replica.parameterCount;
  }

  /** What is trained: a view, valid until the engine's memory grows, as all of these. */
  get trained(): Uint8Array {
    return this.#inUse === 'trained' ? this.inUse : this.#view(this.#aside ?? this.#replica.parameters);
  }

  /** What the replica computes with. */
  get inUse(): Uint8Array {
    return this.#view(this.#replica.parameters);
  }

  /** The moving average, where the job keeps one. */
  get averaged(): Uint8Array | undefined {
    if (this.#aside === undefined) return undefined;
    return this.#inUse === 'averaged' ? this.inUse : this.#view(this.#aside);
  }

  /** The weights of the best epoch, once there is one. */
  get best(): Uint8Array | undefined {
    return this.#best === undefined || !this.#hasBest ? undefined : this.#view(this.#best);
  }

  /** What is measured at the end of an epoch: the average, where there is one; once the run is over, its result. */
  get forUse(): Uint8Array {
    return this.#isResult ? this.inUse : (this.averaged ?? this.trained);
  }

  /** The parameters are those that the run begins with. */
  begin(): void {
    if (this.#aside !== undefined) this.#view(this.#aside).set(this.inUse);
  }

  /** The parameters have had their update number `step`, counted from 1: the average follows. */
  follow(step: number): void {
    if (this.#aside === undefined) return;
    const { kernels } = this.#engine;
    const { parameters, layout } = this.#replica;
    const { trainable, total } = layout;
    if (step === 1) kernels.copy(this.#aside, parameters, total);
    else {
      kernels.movingAverage(this.#aside, parameters, trainable, 1, this.#share);
      // Running statistics are averages already.
      const at = (base: Pointer) => (base + 4 * trainable) as Pointer;
      kernels.copy(at(this.#aside), at(parameters), total - trainable);
    }
  }

  /** Lets the replica compute with the one or the other. */
  use(which: 'trained' | 'averaged'): void {
    if (this.#aside === undefined || which === this.#inUse) return;
    const [inUse, aside] = [this.inUse, this.#view(this.#aside)];
    const before = inUse.slice();
    inUse.set(aside);
    aside.set(before);
    this.#inUse = which;
    this.#replica.parametersChanged();
  }

  /** The weights that were just measured are the best so far. */
  keepBest(): void {
    this.setBest(this.forUse);
  }

  setBest(bytes: Uint8Array): void {
    if (this.#best === undefined) return;
    this.#view(this.#best).set(bytes);
    this.#hasBest = true;
  }

  /** Sets what a checkpoint held. */
  restore(trained: Uint8Array, averaged: Uint8Array | undefined): void {
    this.use('trained');
    this.inUse.set(trained);
    if (this.#aside !== undefined && averaged !== undefined) this.#view(this.#aside).set(averaged);
    this.#replica.parametersChanged();
  }

  /** Makes the weights that the run ends with those that are there; nothing can be trained afterwards. */
  adoptResult(): Result {
    this.use('trained');
    this.#isResult = true;
    const { best, averaged } = this;
    const result = best ?? averaged;
    if (result === undefined) return 'trained';
    this.inUse.set(result);
    this.#replica.parametersChanged();
    return best === undefined ? 'averaged' : 'best';
  }

  #view(pointer: Pointer): Uint8Array {
    return this.#engine.bytes(pointer, this.#length);
  }
}
