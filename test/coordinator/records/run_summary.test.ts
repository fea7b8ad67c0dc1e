import { describe, expect, it } from 'vitest';
import { systemProcesses } from '../../../coordinator/records/processes.ts';
import { RunLock } from '../../../coordinator/records/run_lock.ts';
import { summarizeRun } from '../../../coordinator/records/run_summary.ts';
import { InputError } from '../../../shared/errors.ts';
import { parseJob } from '../../../shared/job/job.ts';
import { tinyJob, validatedDataSet } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

const sparse = { policy: { steps: 0, seconds: 0, keep: 3 } };

describe('the summary of a run', () => {
  it('says of a finished run what it ended with', async () => {
    const disk = new MemoryDisk();
    const { state, digest } = await recordedRun(disk);
    expect(await summarizeRun(folder, { disk })).toMatchObject({
      folder,
      jobDigest: digest,
      state: 'finished',
      step: 12,
      totalSteps: 12,
      measured: { epoch: 4, evaluation: { test: { samples: 10 } } },
      fingerprint: state.parametersDigest,
    });
  });

  it('says of a stopped one how far it is, of how many steps once an epoch has told', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk, { ...sparse, stopAfter: 2 });
    expect(await summarizeRun(folder, { disk })).toMatchObject({ state: 'stopped', step: 2, totalSteps: undefined });
    await recordedRun(disk, { ...sparse, stopAfter: 7 });
    expect(await summarizeRun(folder, { disk })).toMatchObject({ state: 'stopped', step: 7, totalSteps: 12 });
  });

  it.each([
    ['early stopping', { earlyStopping: { patience: 2 } }],
    ['averaged weights', { averageWeights: { decay: 0.8 } }],
  ])('has the fingerprint of the result with %s', async (_, fields) => {
    const optimizer = { kind: 'sgd', learningRate: 1.5, momentum: 0.5 };
    const job = parseJob({ ...tinyJob, epochs: 12, optimizer, ...fields }, 'test');
    const disk = new MemoryDisk();
    const { state } = await recordedRun(disk, { job, dataSet: validatedDataSet });
    const summary = await summarizeRun(folder, { disk });
    expect(summary).toMatchObject({ state: 'finished', fingerprint: state.parametersDigest });
  });

  it('says that a process trains in it, that it has no checkpoint, that all are damaged', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk, sparse);
    const lock = await RunLock.acquire(folder, disk, systemProcesses);
    expect((await summarizeRun(folder, { disk })).state).toBe('running');
    await lock.release();
    const checkpoints = [...disk.files.keys()].filter((name) => name.endsWith('.safetensors'));
    for (const name of checkpoints) disk.files.set(name, new Uint8Array(3));
    expect(await summarizeRun(folder, { disk })).toMatchObject({ state: 'damaged', fingerprint: undefined });
    for (const name of checkpoints) disk.files.delete(name);
    expect((await summarizeRun(folder, { disk })).state).toBe('begun');
  });

  it('refuses what is no run', async () => {
    await expect(summarizeRun('elsewhere', { disk: new MemoryDisk() })).rejects.toThrow(
      new InputError('run elsewhere: not the folder of a run: it has no job.json'),
    );
  });
});
