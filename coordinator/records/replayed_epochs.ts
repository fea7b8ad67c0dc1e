// The ends of epochs in a replay: where the job looks at its validation losses, these are measured again.

import { looksAtValidation } from '../../shared/job/job.ts';
import { measureValidation } from '../computation/own_computation.ts';
import type { PreparedJob } from '../computation/prepared_job.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { bestEpoch, validationLosses } from '../training/validation.ts';

export class ReplayedEpochs {
  readonly #prepared: PreparedJob;
  readonly #history: EpochRecord[];
  #losses: readonly number[];

  /** @param history what the checkpoint knows that the replay begins with */
  constructor(prepared: PreparedJob, history: readonly EpochRecord[]) {
    this.#prepared = prepared;
    this.#history = [...history];
    this.#losses = validationLosses(history);
  }

  /** Validation losses of the epochs that are over. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /** The parameters are those after `step` steps: measures them, if an epoch ends there and the job looks at that. */
  measure(step: number): void {
    const { job, data, totalSteps, state } = this.#prepared;
    const isEnd = step > 0 && (step % data.stepsPerEpoch === 0 || step === totalSteps);
    const isKnown = this.#history.some((record) => record.step === step);
    if (!looksAtValidation(job) || !isEnd || isKnown) return;
    const epoch = Math.ceil(step / data.stepsPerEpoch);
    const record = { epoch, step, evaluation: measureValidation(this.#prepared, step) };
    this.#history.push(record);
    this.#losses = validationLosses(this.#history);
    if (bestEpoch(this.#history) === record) state.weights.keepBest();
  }
}
