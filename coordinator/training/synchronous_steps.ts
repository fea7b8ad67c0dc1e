// The textbook loop:
//
//   for each step:   one mini-batch, one update of the parameters
//   for each epoch:  an evaluation with the parameters just made
//
// One task is open at a time, for each needs the parameters that the one before makes. A job may end before its length is
// over, by its validation losses.

import { type EarlyStopping, stopsEarly } from '../../shared/job/training_control.ts';
import type { EpochRecord, EvaluationSizes } from './evaluation.ts';
import { EvaluationTask } from './evaluation_task.ts';
import { MiniBatchTask } from './mini_batch_task.ts';
import type { Synchronisation } from './synchronisation.ts';
import type { Task } from './task.ts';
import { validationLosses } from './validation.ts';

export interface TrainingPlan {
  /** Steps of the whole job. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly microbatchSize: number;
  /** Steps already done, when a run is resumed. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated: a run stopped in between takes the evaluation up again. */
  readonly evaluatedStep: number;
  /** What was measured by then; nothing, if left out. */
  readonly history?: readonly EpochRecord[];
  readonly evaluation: EvaluationSizes;
  readonly earlyStopping?: EarlyStopping | undefined;
  /** Whether a moving average of the weights is measured, not those that are trained. */
  readonly averagesWeights?: boolean;
  /** Samples in the mini-batch of a step; the last of an epoch may be smaller. */
  readonly samplesInStep: (step: number) => number;
  /** @param losses on the validation set, of the epochs that are over */
  readonly learningRateAt: (step: number, losses: readonly number[]) => number;
}

export class SynchronousSteps implements Synchronisation {
  readonly #plan: TrainingPlan;
  /** Of the epochs that are over. */
  readonly #validationLosses: number[];
  #step: number;
  #isMeasuring = false;

  constructor(plan: TrainingPlan) {
    this.#plan = plan;
    this.#step = plan.firstStep;
    this.#validationLosses = [...validationLosses(plan.history ?? [])];
  }

  get step(): number {
    return this.#step;
  }

  /** The steps done; where weights are averaged twice as many, and before them the averages of the same steps. */
  get version(): number {
    if (this.#plan.averagesWeights !== true) return this.#step;
    return this.#isMeasuring ? 2 * this.#step - 1 : 2 * this.#step;
  }

  next(done: Task | undefined): readonly Task[] {
    if (done?.phase === 'training') this.#step += 1;
    if (done instanceof EvaluationTask)
      this.#validationLosses.push(...validationLosses(done.record ? [done.record] : []));
    const evaluatedStep = done?.phase === 'evaluating' ? this.#step : this.#plan.evaluatedStep;
    this.#isMeasuring = this.#epochIsOver() && evaluatedStep < this.#step;
    if (this.#isMeasuring) return [this.#evaluation()];
    return this.#step < this.#plan.totalSteps && !this.#stopsEarly() ? [this.#miniBatch()] : [];
  }

  #epochIsOver(): boolean {
    const { stepsPerEpoch, totalSteps } = this.#plan;
    return this.#step > 0 && (this.#step % stepsPerEpoch === 0 || this.#step === totalSteps);
  }

  #stopsEarly(): boolean {
    const { earlyStopping } = this.#plan;
    return earlyStopping !== undefined && stopsEarly(this.#validationLosses, earlyStopping);
  }

  #evaluation(): Task {
    const { evaluation, stepsPerEpoch, earlyStopping, averagesWeights } = this.#plan;
    return new EvaluationTask(evaluation, Math.ceil(this.#step / stepsPerEpoch), this.#step, {
      version: this.version,
      areAveraged: averagesWeights === true,
      leastLoss: earlyStopping === undefined ? undefined : Math.min(...this.#validationLosses),
    });
  }

  #miniBatch(): Task {
    const { microbatchSize, samplesInStep, learningRateAt } = this.#plan;
    const step = this.#step;
    return new MiniBatchTask({
      step,
      version: this.version,
      samples: samplesInStep(step),
      microbatchSize,
      learningRate: learningRateAt(step, this.#validationLosses),
    });
  }
}
