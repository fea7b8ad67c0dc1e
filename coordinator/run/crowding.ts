// A word for the operator where more workers have joined than a step has work for at a time. Pure.

export interface CrowdedJob {
  /** Units of a full mini-batch. */
  readonly units: number;
  readonly batchSize: number;
  readonly microbatchSize: number;
}

export class Crowding {
  readonly #job: CrowdedJob;
  /** Workers beyond which it is worth another word. */
  #next: number;

  constructor(job: CrowdedJob) {
    this.#job = job;
    this.#next = job.units;
  }

  /** @param workers that are connected. @returns a sentence, the first time, and when they are twice as many again */
  look(workers: number): string | undefined {
    if (workers <= this.#next) return undefined;
    this.#next = 2 * workers;
    const { units, batchSize, microbatchSize } = this.#job;
    return (
      `${workers} workers have joined, but a step of this job has ${units} ${units === 1 ? 'unit' : 'units'} of work: no more are busy at a time; ` +
      `a smaller microbatchSize (${microbatchSize} now) or a larger batchSize (${batchSize} now) keeps more busy; the job "class" is made for many`
    );
  }
}
