// `gradswarm train`: which job, from where on, into which folder; training.ts does the rest.

import { dirname, join } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/job/canonical_json.ts';
import { differences, type Job } from '../../shared/job/job.ts';
import { applyOverrides } from '../../shared/job/overrides.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { type PreparedJob, prepareJob } from '../computation/prepared_job.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob } from '../jobs/job_files.ts';
import { requireSameData, restoreCheckpoint } from '../records/checkpoint.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';
import { runTraining } from './training.ts';

export interface TrainFlags {
  /** Local worker processes; 0 waits for workers from elsewhere. Undefined: as many as useful here. */
  readonly workers?: number;
  readonly inProcess?: true;
  /** Whether the coordinator computes a share itself. */
  readonly ownShare: boolean;
  readonly port: number;
  readonly host: string;
  readonly epochs?: number;
  readonly set: readonly string[];
  readonly run?: string;
  readonly resume?: string;
  readonly token?: string;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly checkpointSteps: number;
  readonly checkpointSeconds: number;
  readonly keep: number;
}

/** A job and where to go on with it. */
interface Start {
  readonly job: Job;
  readonly directory: string;
  readonly checkpoint?: FoundCheckpoint;
}

export async function train(jobName: string | undefined, flags: TrainFlags): Promise<number> {
  const start = await loadStart(jobName, flags);
  const { job, checkpoint } = start;
  const dataSet = await loadDataSet(job.data, start.directory);
  const prepared = await prepareJob(job, dataSet);
  if (checkpoint !== undefined) {
    requireSameData(checkpoint.checkpoint, dataSet, checkpoint.file);
    restoreCheckpoint(prepared.state, checkpoint.checkpoint, checkpoint.file);
  }
  const folder = flags.run ?? folderOf(start);
  const { directory } = start;
  return runTraining({
    prepared,
    folder,
    directory,
    flags,
    checkpoint,
    describe: () => describeJob(prepared, folder),
  });
}

/** A resumed run goes on in its own folder; a new one gets a new folder. */
function folderOf({ job, checkpoint }: Start): string {
  return checkpoint === undefined ? join('runs', `${job.name}-${timestamp()}`) : dirname(checkpoint.file);
}

async function loadStart(jobName: string | undefined, flags: TrainFlags): Promise<Start> {
  const overrides = flags.epochs === undefined ? flags.set : [...flags.set, `epochs=${flags.epochs}`];
  if (flags.resume === undefined) {
    if (jobName === undefined) throw new InputError('train: name a job (see `gradswarm jobs`) or a job file');
    return loadJob(jobName, overrides);
  }
  const found = await openCheckpoint(flags.resume);
  const { file, checkpoint: content, damaged } = found;
  for (const reason of damaged) printWarning(`${reason}; going on from ${file}`);
  const { job, directory } =
    jobName === undefined
      ? { job: applyOverrides(content.job, overrides), directory: content.directory }
      : await loadJob(jobName, overrides);
  const changed = differences(content.job, job);
  if (changed.length > 0) {
    throw new InputError(
      `checkpoint ${file} is of another job: they differ in ${changed.join(', ')}; start a new run for this one`,
    );
  }
  return { job, directory, checkpoint: found };
}

function describeJob(prepared: PreparedJob, folder: string): void {
  const { job, data, state, digest, totalSteps } = prepared;
  const { training, validation, test } = data.dataSet;
  const held = validation.count > 0 ? `, ${validation.count} validation` : '';
  console.log(`${colors.bold(job.name)}  ${job.description ?? ''}`);
  console.log(`job      ${digest}`);
  console.log(`         ${canonicalJson(job)}`);
  console.log(`model    ${state.replica.parameterCount.toLocaleString('en')} parameters, numerics ${job.numerics}`);
  console.log(
    `data     ${training.count} training${held}, ${test.count} test samples, SHA-256 ${data.dataSet.digest.slice(0, 16)}…`,
  );
  console.log(
    `steps    ${totalSteps} of ${job.batchSize} samples in microbatches of ${job.microbatchSize}, ${data.stepsPerEpoch} an epoch (${job.batching})`,
  );
  console.log(`folder   ${folder}`);
}

/** Like 2026-11-23T19-46-43: sorts by time and is a file name everywhere. */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '-');
}
