// Training as one call: a run from its start to its result, and what happens on the way.

import type { RunResult } from '../coordinator_options.ts';
import type { TrainingEvent } from '../run/training_events.ts';
import type { DefinedJob } from './define_job.ts';
import { EventStream } from './event_stream.ts';
import { startCoordinator, type TrainOptions } from './start_coordinator.ts';

/** A run under way: iterate over it for its events, await `result` for its end. */
export class Training implements AsyncIterable<TrainingEvent> {
  /**
   * Settles when the job is done or was stopped, everything is on disk, and port and workers are gone.
   * Rejects with an `InputError` if data, port or folder cannot be had, or training diverges.
   */
  readonly result: Promise<RunResult>;
  readonly #events = new EventStream<TrainingEvent>();

  /** See `train`. */
  constructor(job: DefinedJob, options: TrainOptions) {
    this.result = this.#conduct(job, options);
    this.result.then(
      () => this.#events.finish(),
      (error: unknown) => this.#events.finish({ error }),
    );
  }

  /**
   * Events from now on, in order; ends with the run, and throws what `result` rejects with. Leaving the loop does not end
   * the run. Events wait in memory until they are taken.
   */
  [Symbol.asyncIterator](): AsyncIterator<TrainingEvent, void, undefined> {
    return this.#events[Symbol.asyncIterator]();
  }

  async #conduct(job: DefinedJob, options: TrainOptions): Promise<RunResult> {
    const onEvent = (event: TrainingEvent) => {
      this.#events.push(event);
      options.onEvent?.(event);
    };
    await using coordinator = await startCoordinator(job, { ...options, onEvent });
    return await coordinator.outcome;
  }
}

/**
 * Trains a job on worker processes of this machine and on all workers that connect, to the same bits whoever helps.
 *
 * ```ts
 * const training = train(job, { workers: 2 });
 * for await (const event of training) if (event.type === 'epoch') console.log(event.epoch, event.evaluation.test);
 * const { parametersDigest, checkpoint } = await training.result;
 * ```
 */
export function train(job: DefinedJob, options: TrainOptions = {}): Training {
  return new Training(job, options);
}
