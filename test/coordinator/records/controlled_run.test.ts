// Runs that look at their validation losses, or average their weights: the same bits when they are resumed anywhere, and
// when they are replayed.

import { describe, expect, it } from 'vitest';
import { evaluate, measureValidation } from '../../../coordinator/computation/own_computation.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import { weightsOf } from '../../../coordinator/records/checkpoint_weights.ts';
import { checkpointFile, newestCheckpoint, readCheckpoint } from '../../../coordinator/records/run_folder.ts';
import { bestEpoch } from '../../../coordinator/training/validation.ts';
import { type Job, parseJob } from '../../../shared/job/job.ts';
import { validatedDataSet as dataSet, tinyJob } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun, replayedRun } from './recorded_run.ts';

const jobOf = (fields: object): Job => parseJob({ ...tinyJob, epochs: 12, ...fields }, 'test');

// A learning rate at which the validation loss of the tiny job goes up and down.
const restless = { optimizer: { kind: 'sgd', learningRate: 1.5, momentum: 0.5 } };
const jobs: Readonly<Record<string, Job>> = {
  'early stopping': jobOf({ ...restless, earlyStopping: { patience: 2 } }),
  'reduction on a plateau': jobOf({
    ...restless,
    schedule: { kind: 'plateau', patience: 0, factor: 0.5, warmUpSteps: 2 },
  }),
  'averaged weights': jobOf({ ...restless, averageWeights: { decay: 0.8 } }),
  'all of them': jobOf({
    ...restless,
    earlyStopping: { patience: 4 },
    schedule: { kind: 'plateau', patience: 1, factor: 0.5 },
    averageWeights: { decay: 0.8 },
    optimizer: {
      ...restless.optimizer,
      groups: [{ names: ['*.bias'], weightDecay: 0, learningRateFactor: 0.5 }],
      weightDecay: 0.01,
    },
  }),
};

/** What a run ended with. */
async function endOf(disk: MemoryDisk) {
  const { checkpoint, file } = await newestCheckpoint(folder, { disk });
  const tensors = [...checkpoint.tensors].map(([name, { bytes }]) => [name, Buffer.from(bytes).toString('hex')]);
  return { file, step: checkpoint.step, history: checkpoint.history, tensors: Object.fromEntries(tensors) };
}

describe.each(Object.entries(jobs))('a run with %s', (_, job) => {
  it('ends with the same bits wherever it is resumed', async () => {
    const whole = new MemoryDisk();
    const { state } = await recordedRun(whole, { job, dataSet });
    const expected = await endOf(whole);
    for (const stopAfter of [2, 3, 7, 12]) {
      const disk = new MemoryDisk();
      await recordedRun(disk, { job, dataSet, stopAfter });
      const resumed = await recordedRun(disk, { job, dataSet });
      expect(await endOf(disk)).toEqual(expected);
      expect(resumed.state.parametersDigest).toBe(state.parametersDigest);
    }
  });

  it('agrees with its replay, from the beginning and from the middle', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk, { job, dataSet, stopAfter: 6 });
    await recordedRun(disk, { job, dataSet });
    for (const from of [0, 4, 6]) {
      expect(await replayedRun(disk, { job, dataSet, from })).toMatchObject({ type: 'agrees' });
    }
  });

  it('is the same as far as it goes when it is lengthened', async () => {
    const lengthened = new MemoryDisk();
    await recordedRun(lengthened, { job: { ...job, epochs: 2 }, dataSet });
    await recordedRun(lengthened, { job, dataSet });
    const whole = new MemoryDisk();
    await recordedRun(whole, { job, dataSet });
    expect(await endOf(lengthened)).toEqual(await endOf(whole));
    expect(await replayedRun(lengthened, { job, dataSet })).toMatchObject({ type: 'agrees' });
  });
});

describe('early stopping', () => {
  const job = jobs['early stopping'] ?? tinyJob;

  it('ends the run before its length is over, with the weights of the epoch whose validation loss was the least', async () => {
    const disk = new MemoryDisk();
    const { state, totalSteps } = await recordedRun(disk, { job, dataSet });
    const { checkpoint, file } = await newestCheckpoint(folder, { disk });
    const best = bestEpoch(checkpoint.history);
    expect(checkpoint.step).toBeLessThan(totalSteps);
    expect(checkpoint.history.length - (best?.epoch ?? 0)).toBe(2);
    const { state: then } = await prepareJob(job, dataSet);
    const bestFile = checkpointFile(folder, best?.step ?? 0);
    restoreCheckpoint(then, await readCheckpoint(bestFile, disk), bestFile);
    expect(state.parametersDigest).toBe(then.parametersDigest);
    const used = weightsOf(checkpoint, state.replica.layout, file).parameters;
    expect(Buffer.from(used.buffer).equals(then.parameterBytes)).toBe(true);
  });

  it('has no steps left to do once it has ended so', async () => {
    const disk = new MemoryDisk();
    await recordedRun(disk, { job, dataSet });
    const before = await endOf(disk);
    await recordedRun(disk, { job: { ...job, epochs: 40 }, dataSet });
    expect(await endOf(disk)).toEqual(before);
  });

  it('is refused without a validation set', async () => {
    const without = { ...dataSet, validation: { ...dataSet.validation, count: 0 } };
    await expect(prepareJob(job, without)).rejects.toThrow(
      'earlyStopping: looks at the validation loss, but there is no validation set; data.validationSamples says',
    );
    const plateau = jobs['reduction on a plateau'] ?? tinyJob;
    await expect(prepareJob(plateau, without)).rejects.toThrow('schedule plateau: looks at the validation loss');
  });
});

describe('averaged weights', () => {
  const job = jobs['averaged weights'] ?? tinyJob;

  it('are what is measured, and what a checkpoint gives to whoever uses it', async () => {
    const disk = new MemoryDisk();
    const { state, data } = await recordedRun(disk, { job, dataSet });
    const { checkpoint, file } = await newestCheckpoint(folder, { disk });
    const last = checkpoint.history.at(-1)?.evaluation;
    // The run ends with them.
    expect(evaluate({ state, data }, checkpoint.step)).toEqual(last);
    const used = weightsOf(checkpoint, state.replica.layout, file).parameters;
    expect(Buffer.from(used.buffer).equals(state.parameterBytes)).toBe(true);
    const again = await prepareJob(job, dataSet);
    restoreCheckpoint(again.state, checkpoint, file);
    expect(measureValidation(again, checkpoint.step).validation).toEqual(last?.validation);
    expect(again.state.parametersDigest).toBe(checkpoint.parametersDigest);
    expect(again.state.parametersDigest).not.toBe(state.parametersDigest);
  });

  it('do not change what is trained', async () => {
    const { averageWeights: _, ...plain } = job;
    const [averaged, trained] = [new MemoryDisk(), new MemoryDisk()];
    await recordedRun(averaged, { job, dataSet });
    await recordedRun(trained, { job: plain, dataSet });
    const [one, other] = [await endOf(averaged), await endOf(trained)];
    for (const [name, bytes] of Object.entries(other.tensors)) expect(one.tensors[name]).toBe(bytes);
  });
});
