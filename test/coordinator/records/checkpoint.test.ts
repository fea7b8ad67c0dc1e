import { beforeAll, describe, expect, it } from 'vitest';
import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../coordinator/records/checkpoint.ts';
import type { EpochRecord } from '../../../coordinator/training/evaluation.ts';
import { InputError } from '../../../shared/errors.ts';
import { tinyDataSet, tinyJob } from '../tiny_job.ts';

let prepared: PreparedJob;

beforeAll(async () => {
  prepared = await prepareJob(tinyJob, tinyDataSet);
});

const { digest: dataDigest, fields } = tinyDataSet;
const encode = (history: readonly EpochRecord[], step = 3) =>
  encodeCheckpoint(prepared.state, { job: tinyJob, step, dataDigest, fields, history });
const epoch = (number: number, loss = 1, accuracy = 0.5): EpochRecord => ({
  epoch: number,
  step: 3 * number,
  evaluation: { validation: { loss, metrics: { accuracy }, samples: 10 } },
});

describe('a checkpoint', () => {
  it('gives back what was described', () => {
    const history = [epoch(1), epoch(2)];
    const { parametersDigest } = prepared.state;
    const read = decodeCheckpoint(encode(history, 6), 'file');
    expect(read).toMatchObject({ job: tinyJob, step: 6, dataDigest, fields, parametersDigest, history });
  });

  it.each([
    ['loss', epoch(1, Number.NaN)],
    ['loss', epoch(1, Number.POSITIVE_INFINITY)],
    ['metric', epoch(1, 1, Number.NEGATIVE_INFINITY)],
  ])('is not written with a %s that cannot be read back', (_, record) => {
    expect(() => encode([record])).toThrow(new InputError('checkpoint of step 3: its history is malformed'));
  });

  it('keeps the newest epochs of a very long run, and the best', () => {
    const history = Array.from({ length: 10_000 }, (_, index) => epoch(index + 1, index === 4 ? 0.9 : 1));
    const kept = decodeCheckpoint(encode(history), 'file').history.map(({ epoch: number }) => number);
    expect(kept).toEqual([5, ...Array.from({ length: 4_000 }, (_, index) => 6_001 + index)]);
  });
});
