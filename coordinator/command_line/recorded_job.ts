// The job of a checkpoint or a ledger, made ready again: its data may have moved since, but neither the job nor the data
// may have changed.

import { access } from 'node:fs/promises';
import { pathsOf } from '../../shared/data/sources/source_registry.ts';
import { InputError } from '../../shared/errors.ts';
import { differences, type Job, lengthFault } from '../../shared/job/job.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { placeOf } from '../data/package_file.ts';
import { loadJob, overrideJob } from '../jobs/job_files.ts';
import { requireSameData, restoreCheckpoint } from '../records/checkpoint.ts';
import type { FoundCheckpoint } from '../records/run_folder.ts';

/** How a recorded job is asked for: by itself, or by the name or file of a job that must be the same. */
export interface RecordedJobRequest {
  readonly name?: string | undefined;
  /** Overrides (`path=value`): they can say where the data are, not change the job. */
  readonly set: readonly string[];
  /** Whether it may be the same job with more steps, or with fewer. */
  readonly mayBeLonger?: boolean;
  /** Megabytes that samples may take in memory; the usual, if left out. */
  readonly dataMemory?: number;
}

/**
 * The checkpoint's job with its data, in the state that the checkpoint holds.
 * @throws {InputError} if another job is asked for, or its data are missing or not those that were trained on.
 */
export async function prepareCheckpoint(
  { file, checkpoint }: FoundCheckpoint,
  { name, set, mayBeLonger, dataMemory }: RecordedJobRequest,
): Promise<PreparedJob> {
  const asked = name === undefined ? overrideJob(checkpoint.job, set) : await loadJob(name, set);
  const record = `checkpoint ${file}`;
  const job = await usableJob(checkpoint.job, asked, record, mayBeLonger === true);
  const dataSet = await loadDataSet(job, dataMemory);
  requireSameData(checkpoint, dataSet, file);
  const prepared = await prepareJob(job, dataSet);
  const fault = lengthFault(checkpoint.job, job, prepared.data.stepsPerEpoch, checkpoint.step);
  if (fault !== undefined) throw new InputError(`${record}: cannot go on with another length: ${fault}`);
  restoreCheckpoint(prepared.state, checkpoint, file);
  return prepared;
}

/**
 * A job that is asked for in place of a recorded one; `record` is how errors call what holds that.
 * @throws {InputError} if they are not one job, or a file of its data is missing.
 */
export async function usableJob(recorded: Job, asked: Job, record: string, mayBeLonger = false): Promise<Job> {
  const changed = differences(recorded, mayBeLonger ? withLengthOf(recorded, asked) : asked);
  if (changed.length > 0) {
    throw new InputError(
      `${record} is of another job: they differ in ${changed.join(', ')}; another job needs a new run`,
    );
  }
  for (const [field, path] of pathsOf(asked.data)) {
    await access(placeOf(path)).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code ?? error.message})`;
      throw new InputError(
        `data.${field}: ${path}: ${reason}; if it has moved, say where it is: --set data.${field}=PATH`,
      );
    });
  }
  return asked;
}

function withLengthOf({ epochs, steps }: Job, { epochs: _, steps: __, ...job }: Job): Job {
  return { ...job, ...(epochs === undefined ? {} : { epochs }), ...(steps === undefined ? {} : { steps }) };
}
