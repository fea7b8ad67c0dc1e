import { describe, expect, it } from 'vitest';
import { computeWork } from '../../../coordinator/computation/own_computation.ts';
import { prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { decodeCheckpoint, encodeCheckpoint, restoreCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import { digestKeyOf, type LedgerRecord, readLedger } from '../../../coordinator/records/ledger.ts';
import { type RunCheckpoint, replay, startOf, statedSteps } from '../../../coordinator/records/replay.ts';
import { checkpointFile, checkpointSteps, ledgerFile } from '../../../coordinator/records/run_folder.ts';
import type { SampleSums } from '../../../coordinator/training/evaluation.ts';
import type { Shard } from '../../../shared/reduction/shard.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';
import { MemoryDisk } from './memory_disk.ts';
import { folder, recordedRun } from './recorded_run.ts';

async function finishedRun() {
  const disk = new MemoryDisk();
  await recordedRun(disk, { stopAfter: 5 });
  const { state } = await recordedRun(disk);
  const { records } = readLedger(await disk.read(ledgerFile(folder)));
  const checkpoints: RunCheckpoint[] = [];
  for (const step of await checkpointSteps(folder, disk)) {
    const file = checkpointFile(folder, step);
    checkpoints.push({ file, step, content: decodeCheckpoint(await disk.read(file), file) });
  }
  return { records, checkpoints, parameters: state.parametersDigest };
}

async function verdictOf(
  records: readonly LedgerRecord[],
  checkpoints: readonly RunCheckpoint[],
  { from = 0, to = 12 } = {},
) {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  const steps = replay(prepared, { start: startOf(checkpoints, from), to }, statedSteps(records), checkpoints);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

/** Whoever computes with the parameters of a step's checkpoint, and digests as the run did. */
async function workersAt(records: readonly LedgerRecord[], checkpoints: readonly RunCheckpoint[], step: number) {
  const prepared = await prepareJob(tinyJob, tinyDataSet);
  const { gradients } = prepared.state;
  const checkpoint = checkpoints.find((each) => each.step === step);
  const [run] = records;
  if (checkpoint === undefined || 'damage' in checkpoint.content || run?.type !== 'run') throw new Error('recorded');
  restoreCheckpoint(prepared.state, checkpoint.content, checkpoint.file);
  gradients.digestKey = digestKeyOf(run);
  const digestOf = (shard: Shard, falsify = (_: Uint8Array) => {}, falsifySums = (sums: SampleSums) => sums) => {
    const { gradient, ...sums } = computeWork(prepared, { kind: 'gradient', step, shard });
    if (gradient === undefined) throw new Error('training gives a gradient');
    falsify(gradients.bytes(gradient));
    const { digest } = gradients.inspect(gradient, falsifySums(sums));
    gradients.release(gradient);
    return digest;
  };
  return { digestOf };
}

const changeStep = (records: readonly LedgerRecord[], step: number, change: object): readonly LedgerRecord[] =>
  records.map((record) => (record.type === 'step' && record.step === step ? { ...record, ...change } : record));

describe('replay', () => {
  it('confirms a run that was stopped and resumed, and its checkpoints', async () => {
    const { records, checkpoints, parameters } = await finishedRun();
    const verdict = await verdictOf(records, checkpoints);
    expect(verdict).toEqual({ type: 'agrees', steps: 12, checkpoints: checkpoints.length, parameters });
  });

  it('begins with the nearest checkpoint', async () => {
    const { records, checkpoints } = await finishedRun();
    const [checkpoint] = checkpoints.filter(({ step }) => step <= 8);
    expect(startOf(checkpoints, 8)).toEqual({ step: checkpoint?.step, checkpoint });
    expect(await verdictOf(records, checkpoints, { from: 8, to: 10 })).toMatchObject({ type: 'agrees' });
  });

  it.each([
    ['parameters', { parameters: '00'.repeat(32) }, /states parameters 0000/],
    ['loss', { loss: 0.5 }, /states a loss of 0.5/],
    ['sample count', { samples: 15 }, /states 15 samples, its mini-batch has 16/],
    ['contributions', { contributions: [['coordinator', 0, 5, 1]] }, /not every microbatch exactly once/],
    [
      'shards',
      {
        contributions: [
          ['a', 0, 3, 1],
          ['b', 3, 3, 1],
        ],
      },
      /not every microbatch exactly once/,
    ],
  ])('names the first step whose %s the ledger states otherwise', async (_, change, difference) => {
    const { records, checkpoints } = await finishedRun();
    const verdict = await verdictOf(changeStep(records, 7, change), checkpoints);
    expect(verdict).toEqual({ type: 'differs', step: 7, difference: expect.stringMatching(difference) });
  });

  it.each([
    ['gradient', (gradient: Uint8Array) => gradient.set([1], 5), (sums: SampleSums) => sums],
    ['loss alone', () => undefined, (sums: SampleSums) => ({ ...sums, lossSum: sums.lossSum + 1 })],
    ['metric alone', () => undefined, (sums: SampleSums) => ({ ...sums, metricSums: { accuracy: 12 } })],
  ])('names the worker whose answer had another %s than was recomputed', async (_, falsify, falsifySums) => {
    const { records, checkpoints } = await finishedRun();
    /** The contributions to step 7, as workers would have given them. */
    const { digestOf } = await workersAt(records, checkpoints, 6);
    const anna = ['anna', 0, 4, digestOf({ first: 0, count: 4 })];
    const honest = ['ben', 4, 2, digestOf({ first: 4, count: 2 })];
    const lie = ['ben', 4, 2, digestOf({ first: 4, count: 2 }, falsify, falsifySums)];
    const single = ['carl', 5, 1, digestOf({ first: 5, count: 1 }, falsify, falsifySums)];
    const verdict = (...contributions: readonly unknown[]) =>
      verdictOf(changeStep(records, 7, { contributions }), checkpoints, { from: 6 });
    expect(await verdict(honest, anna)).toMatchObject({ type: 'agrees' });
    expect(await verdict(lie, anna)).toEqual({
      type: 'differs',
      step: 7,
      difference: 'the answer of worker ben for microbatches 4 to 5 is not what was recomputed',
    });
    const part = ['dora', 4, 1, 17];
    expect(await verdict(single, anna, part)).toMatchObject({
      difference:
        'the answer of worker carl for microbatch 5, and the answer of worker dora for microbatch 4 are not what was recomputed',
    });
  });

  it('names a step that the ledger leaves out', async () => {
    const { records, checkpoints } = await finishedRun();
    const without = records.filter((record) => record.type !== 'step' || record.step !== 9);
    expect(await verdictOf(without, checkpoints)).toMatchObject({
      step: 9,
      difference: 'the ledger has no record of it',
    });
  });

  it('names a checkpoint whose numbers were changed, even if its checksum was made to fit', async () => {
    const { records, checkpoints } = await finishedRun();
    const changed: RunCheckpoint[] = [];
    for (const checkpoint of checkpoints) {
      if (checkpoint.step !== 6 || 'damage' in checkpoint.content) {
        changed.push(checkpoint);
        continue;
      }
      const { state } = await prepareJob(tinyJob, tinyDataSet);
      restoreCheckpoint(state, checkpoint.content, checkpoint.file);
      state.parameterBytes[0] = (state.parameterBytes[0] ?? 0) ^ 1;
      const bytes = encodeCheckpoint(state, checkpoint.content);
      changed.push({ ...checkpoint, content: decodeCheckpoint(bytes, checkpoint.file) });
    }
    const inPassing = await verdictOf(records, changed);
    expect(inPassing).toMatchObject({
      type: 'differs',
      step: 6,
      difference: expect.stringMatching(/holds another /),
    });
    const asStart = await verdictOf(records, changed, { from: 6 });
    expect(asStart).toMatchObject({ step: 6, difference: expect.stringMatching(/the ledger states/) });
  });

  it('finds a step that the ledger states twice, differently', async () => {
    const { records } = await finishedRun();
    const [again] = records.filter((record) => record.type === 'step' && record.step === 3);
    if (again?.type !== 'step') throw new Error('step 3 is recorded');
    expect(statedSteps([...records, again]).contradiction).toBeUndefined();
    expect(statedSteps([...records, { ...again, loss: 9 }]).contradiction).toBe(3);
  });
});
