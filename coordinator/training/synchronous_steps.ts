// The textbook loop:
//
//   for each step:   one mini-batch, one update of the parameters
//   for each epoch:  an evaluation with the parameters just made
//
// One task is open at a time, for each needs the parameters that the one before makes.

import type { EvaluationSizes } from './evaluation.ts';
import { EvaluationTask } from './evaluation_task.ts';
import { MiniBatchTask } from './mini_batch_task.ts';
import type { Synchronisation } from './synchronisation.ts';
import type { Task } from './task.ts';

export interface TrainingPlan {
  /** Steps of the whole job. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly microbatchSize: number;
  /** Steps already done, when a run is resumed. */
  readonly firstStep: number;
  /** The last step whose parameters were evaluated: a run stopped in between takes the evaluation up again. */
  readonly evaluatedStep: number;
  readonly evaluation: EvaluationSizes;
  /** Samples in the mini-batch of a step; the last of an epoch may be smaller. */
  readonly samplesInStep: (step: number) => number;
  readonly learningRateAt: (step: number) => number;
}

export class SynchronousSteps implements Synchronisation {
  readonly #plan: TrainingPlan;
  #step: number;

  constructor(plan: TrainingPlan) {
    this.#plan = plan;
    this.#step = plan.firstStep;
  }

  get step(): number {
    return this.#step;
  }

  next(done: Task | undefined): readonly Task[] {
    if (done?.phase === 'training') this.#step += 1;
    const evaluatedStep = done?.phase === 'evaluating' ? this.#step : this.#plan.evaluatedStep;
    if (this.#epochIsOver() && evaluatedStep < this.#step) return [this.#evaluation()];
    return this.#step < this.#plan.totalSteps ? [this.#miniBatch()] : [];
  }

  #epochIsOver(): boolean {
    const { stepsPerEpoch, totalSteps } = this.#plan;
    return this.#step > 0 && (this.#step % stepsPerEpoch === 0 || this.#step === totalSteps);
  }

  #evaluation(): Task {
    const { evaluation, stepsPerEpoch } = this.#plan;
    return new EvaluationTask(evaluation, Math.ceil(this.#step / stepsPerEpoch), this.#step);
  }

  #miniBatch(): Task {
    const { microbatchSize, samplesInStep, learningRateAt } = this.#plan;
    const step = this.#step;
    return new MiniBatchTask({
      step,
      samples: samplesInStep(step),
      microbatchSize,
      learningRate: learningRateAt(step),
    });
  }
}
