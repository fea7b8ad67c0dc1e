// A tiny run with everything that it records, on a disk in memory.

import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { type Coordinator, startCoordinator } from '../../../coordinator/coordinator.ts';
import { restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import type { CheckpointPolicy } from '../../../coordinator/records/checkpoint_policy.ts';
import type { Disk } from '../../../coordinator/records/disk.ts';
import { newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import type { TrainingEvent } from '../../../coordinator/run/training_events.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

export const folder = 'run';

const defaultPolicy: CheckpointPolicy = { steps: 1, seconds: 0, keep: 100 };

/** Trains in process, from the newest checkpoint on if there is one, to the end or until `stopAfter` is done. */
export async function recordedRun(
  disk: Disk,
  { policy = defaultPolicy, stopAfter = Number.POSITIVE_INFINITY } = {},
): Promise<PreparedJob> {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
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
