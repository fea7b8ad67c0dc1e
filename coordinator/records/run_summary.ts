// What a run's folder says of the run, without its data: how far it is, what was measured, and its fingerprint.

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { type Job, jobDigest, parseJob } from '../../shared/job/job.ts';
import { stopsEarly } from '../../shared/job/training_control.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { averagePrefix, bestPrefix } from '../../shared/safetensors/weights.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { bestEpoch, validationLosses } from '../training/validation.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Disk, systemDisk } from './disk.ts';
import { type Processes, systemProcesses } from './processes.ts';
import { replayedSteps } from './replay_mark.ts';
import { checkpointSteps, jobFile, newestCheckpoint } from './run_folder.ts';
import { holderStanding } from './run_lock.ts';

/**
 * `running`: a process trains in it; `elsewhere`: one on another machine, or did; `finished`: the job is done; `stopped`: it
 * can go on; `begun`: it has no checkpoint yet; `damaged`: none of its checkpoints can be read.
 */
export type RunState = 'running' | 'elsewhere' | 'finished' | 'stopped' | 'begun' | 'damaged';

export interface RunSummary {
  readonly folder: string;
  readonly job: Job;
  readonly jobDigest: string;
  readonly state: RunState;
  /** Steps that the newest checkpoint has. */
  readonly step: number;
  /** Of the whole job; unknown until an epoch has ended, where the job counts epochs. */
  readonly totalSteps: number | undefined;
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights are the run's: the best where the job keeps these, else the last. */
  readonly measured: EpochRecord | undefined;
  /** SHA-256 (hexadecimal) of the parameters that the newest checkpoint gives. */
  readonly fingerprint: string | undefined;
  /** How many steps a replay has recomputed to these parameters; undefined if none has. */
  readonly replayedSteps: number | undefined;
  /** When the newest checkpoint was written. */
  readonly savedAt: Date | undefined;
}

export interface SummaryMeans {
  readonly disk?: Disk;
  readonly processes?: Processes;
}

/** Whether a folder is a run's. */
export async function isRunFolder(folder: string): Promise<boolean> {
  return stat(jobFile(folder)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * The runs in a folder, by their names; the folder itself, if it is a run's.
 * @throws {InputError} if it cannot be read.
 */
export async function runFoldersIn(folder: string): Promise<readonly string[]> {
  if (await isRunFolder(folder)) return [folder];
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `folder ${folder}: ${error.code === 'ENOENT' ? 'no such folder' : `cannot be read (${error.code})`}`,
    );
  });
  const folders = names.sort().map((name) => join(folder, name));
  const areRuns = await Promise.all(folders.map(isRunFolder));
  return folders.filter((_, index) => areRuns[index]);
}

/** @throws {InputError} if it is no run's folder, or its job cannot be read. */
export async function summarizeRun(
  folder: string,
  { disk = systemDisk, processes = systemProcesses }: SummaryMeans = {},
): Promise<RunSummary> {
  const file = jobFile(folder);
  const bytes = await disk.read(file).catch(() => {
    throw new InputError(`run ${folder}: not the folder of a run: it has no ${basename(file)}`);
  });
  const job = parseJob(parseJson(new TextDecoder().decode(bytes), file), file);
  const standing = await holderStanding(folder, disk, processes);
  const begun = { folder, job, jobDigest: jobDigest(job), step: 0, totalSteps: job.steps, history: [] };
  const nothing = {
    ...begun,
    measured: undefined,
    fingerprint: undefined,
    replayedSteps: undefined,
    savedAt: undefined,
  };
  const held = standing === 'running' ? 'running' : standing === 'unknown' ? 'elsewhere' : undefined;
  if ((await checkpointSteps(folder, disk)).length === 0) return { ...nothing, state: held ?? 'begun' };
  const found = await newestCheckpoint(folder, { disk }).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (found === undefined) return { ...nothing, state: held ?? 'damaged' };
  const { checkpoint } = found;
  const { step, history } = checkpoint;
  const total = totalStepsOf(job, history);
  return {
    ...begun,
    step,
    totalSteps: total,
    history,
    measured: (job.earlyStopping === undefined ? undefined : bestEpoch(history)) ?? history.at(-1),
    state: held ?? (isDone(job, checkpoint, total) ? 'finished' : 'stopped'),
    fingerprint: fingerprintOf(checkpoint),
    replayedSteps: await replayedSteps(folder, checkpoint, disk),
    savedAt: await stat(found.file).then(
      ({ mtime }) => mtime,
      () => undefined,
    ),
  };
}

function totalStepsOf(job: Job, history: readonly EpochRecord[]): number | undefined {
  const [first] = history;
  if (job.steps !== undefined || first === undefined) return job.steps;
  return ((job.epochs ?? 0) * first.step) / first.epoch;
}

/** Whether all is done: the last parameters have been measured, too. */
function isDone(job: Job, { step, history }: Checkpoint, total: number | undefined): boolean {
  if (history.at(-1)?.step !== step) return false;
  if (job.earlyStopping !== undefined && stopsEarly(validationLosses(history), job.earlyStopping)) return true;
  return total !== undefined && step >= total;
}

/** Of the weights that the checkpoint gives: the best, their average, or those that were trained. */
function fingerprintOf({ tensors, parametersDigest }: Checkpoint): string {
  const names = [...tensors.keys()];
  const prefix = [bestPrefix, averagePrefix].find((each) => names.some((name) => name.startsWith(each)));
  if (prefix === undefined) return parametersDigest;
  const hash = createHash('sha256');
  for (const [name, { bytes }] of tensors) if (name.startsWith(prefix)) hash.update(bytes);
  return hash.digest('hex');
}
