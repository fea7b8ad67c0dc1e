// The job that somebody names on the command line: what is wrong with its data or its model is said with that name.

import { InputError } from '../../shared/errors.ts';
import { engineKind } from '../../shared/node/node_engine.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadInitialWeights } from '../data/weights_file.ts';
import { loadJob } from '../jobs/job_files.ts';

export interface NamedJobRequest {
  /** Of a built-in job, or a job file's path. */
  readonly name: string;
  /** Overrides (`path=value`). */
  readonly set: readonly string[];
  /** Megabytes that samples may take in memory; the usual, if left out. */
  readonly dataMemory?: number | undefined;
}

/** @throws {InputError} naming the job, and what is wrong with it, its data or the weights that it begins with. */
export async function prepareNamedJob({ name, set, dataMemory }: NamedJobRequest): Promise<PreparedJob> {
  const job = await loadJob(name, set);
  return inJob(name, async () => {
    // While files are read, native kernels can be tried.
    const [data, weights] = await Promise.all([
      loadDataSet(job, dataMemory),
      loadInitialWeights(job),
      engineKind(job.numerics),
    ]);
    return prepareJob(job, data, weights);
  });
}

/** @throws {InputError} as `work` does, with the job's name. */
export async function inJob<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${name}: ${error.message}`);
    throw error;
  }
}
