// A tiny run with everything that it records, on a disk in memory.

import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import type { CheckpointPolicy } from '../../../coordinator/records/checkpoint_policy.ts';
import type { Disk } from '../../../coordinator/records/disk.ts';
import { newestCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { RunRecorder } from '../../../coordinator/records/run_recorder.ts';
import { Run } from '../../../coordinator/run/run.ts';
import { systemClock } from '../../../shared/node/system_clock.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

export const folder = 'run';

const defaultPolicy: CheckpointPolicy = { steps: 1, seconds: 0, keep: 100 };

/** Trains in process, from the newest checkpoint on if there is one, to the end or until `stopAfter` is done. */
export async function recordedRun(
  disk: Disk,
  { policy = defaultPolicy, stopAfter = Number.POSITIVE_INFINITY } = {},
): Promise<PreparedJob> {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  const options = {
    prepared,
    folder,
    directory: '/jobs',
    disk,
    clock: systemClock,
    policy,
    onTrouble: (line: string) => {
      throw new Error(line);
    },
  };
  const isNew = (await disk.list(folder)).length === 0;
  const found = isNew ? undefined : (await newestCheckpoint(folder, { disk })).checkpoint;
  if (found !== undefined) restoreCheckpoint(prepared.state, found, 'checkpoint');
  const recorder = found === undefined ? await RunRecorder.create(options) : await RunRecorder.resume(options, found);
  const run: Run = new Run({
    prepared,
    firstStep: found?.step ?? 0,
    evaluatedStep: recorder.history.at(-1)?.step ?? 0,
    ownShare: 'everything',
    listener: {
      onStep: (step, measurement, contributions) => {
        recorder.onStep(step, measurement, contributions);
        if (step === stopAfter) run.stop();
      },
      onEpoch: (epoch, step, evaluation) => recorder.onEpoch(epoch, step, evaluation),
    },
  });
  run.start();
  await run.outcome;
  await recorder.finish();
  return prepared;
}
