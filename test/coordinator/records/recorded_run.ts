// A tiny run with everything that it records, on a disk in memory.

import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { type Coordinator, startCoordinator } from '../../../coordinator/coordinator.ts';
import { restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import type { CheckpointPolicy } from '../../../coordinator/records/checkpoint_policy.ts';
import type { Disk } from '../../../coordinator/records/disk.ts';
import { readLedger } from '../../../coordinator/records/ledger.ts';
import {
  type ReplayVerdict,
  type RunCheckpoint,
  replay,
  startOf,
  statedSteps,
} from '../../../coordinator/records/replay.ts';
import {
  checkpointFile,
  checkpointSteps,
  ledgerFile,
  newestCheckpoint,
  readCheckpoint,
} from '../../../coordinator/records/run_folder.ts';
import type { TrainingEvent } from '../../../coordinator/run/training_events.ts';
import type { DataSet } from '../../../shared/data/data_set.ts';
import type { Job } from '../../../shared/job/job.ts';
import type { WeightsFile } from '../../../shared/safetensors/weights.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

export const folder = 'run';

const defaultPolicy: CheckpointPolicy = { steps: 1, seconds: 0, keep: 100 };

export interface RecordedJob {
  readonly job?: Job;
  readonly dataSet?: DataSet;
  readonly initial?: WeightsFile | undefined;
}

/** Trains in process, from the newest checkpoint on if there is one, to the end or until `stopAfter` is done. */
export async function recordedRun(
  disk: Disk,
  {
    policy = defaultPolicy,
    stopAfter = Number.POSITIVE_INFINITY,
    job = tinyJob,
    dataSet = tinyDataSet,
    initial,
  }: { readonly policy?: CheckpointPolicy; readonly stopAfter?: number } & RecordedJob = {},
): Promise<PreparedJob> {
  const prepared = await prepareJob(job, dataSet, initial);
  const isNew = (await disk.list(folder)).length === 0;
  const checkpoint = isNew ? undefined : await newestCheckpoint(folder, { disk });
  if (checkpoint !== undefined) restoreCheckpoint(prepared.state, checkpoint.checkpoint, checkpoint.file);
  const onEvent = (event: TrainingEvent) => {
    if (event.type === 'warning') throw new Error(event.message);
    if (event.type === 'step' && event.step === stopAfter) coordinator.stop();
  };
  const coordinator: Coordinator = await startCoordinator({
    prepared,
    checkpoint,
    records: { folder, policy },
    onEvent,
    platform: { disk },
  });
  await coordinator.outcome;
  return prepared;
}

/** Recomputes what a run recorded, from the newest checkpoint at or before a step, or from the initial parameters. */
export async function replayedRun(
  disk: Disk,
  { job = tinyJob, dataSet = tinyDataSet, initial, from = 0 }: RecordedJob & { readonly from?: number } = {},
): Promise<ReplayVerdict> {
  const stated = statedSteps(readLedger(await disk.read(ledgerFile(folder))).records);
  const checkpoints: RunCheckpoint[] = [];
  for (const step of await checkpointSteps(folder, disk)) {
    const file = checkpointFile(folder, step);
    checkpoints.push({ file, step, content: await readCheckpoint(file, disk) });
  }
  const prepared = await prepareJob(job, dataSet, initial);
  const steps = replay(prepared, { start: startOf(checkpoints, from), to: stated.lastStep }, stated, checkpoints);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}
