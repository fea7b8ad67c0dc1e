import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PreparedJob, prepareJob } from '../../../coordinator/computation/prepared_job.ts';
import { answerBytes, compute, isSameWork, type Work, workSchema } from '../../../shared/work/work_kinds.ts';
import { tinyDataSet, tinyJob } from '../../coordinator/tiny_job.ts';

const shard = { first: 2, count: 2 };
const gradient: Work = { kind: 'gradient', step: 3, shard };
const evaluation: Work = { kind: 'evaluation', step: 3, shard: { first: 0, count: 1 } };

let prepared: PreparedJob;

beforeAll(async () => {
  prepared = await prepareJob(tinyJob, tinyDataSet);
});

describe('gradient work', () => {
  it('answers with the summed gradient of the shard, as long as the parameters', () => {
    const { replica, engine } = prepared.state;
    const samples = prepared.data.samplesOf(gradient);
    const { vector, ...sums } = compute(replica, gradient, samples);
    expect(answerBytes(gradient, replica.layout)).toBe(4 * replica.parameterCount);
    if (vector === undefined) throw new Error('there is no gradient');
    const found = engine.float32(vector, replica.parameterCount).slice();
    expect(found.some((each) => each !== 0)).toBe(true);
    const direct = replica.computeShard(samples);
    expect(found).toEqual(engine.float32(direct.gradient, replica.parameterCount));
    expect(sums).toMatchObject({ samples: 6, lossSum: direct.lossSum, metricSums: direct.metricSums });
  });
});

describe('evaluation work', () => {
  it('answers with loss and metrics alone', () => {
    const { replica } = prepared.state;
    const samples = prepared.data.samplesOf(evaluation);
    const { vector, samples: count, lossSum } = compute(replica, evaluation, samples);
    expect([vector, answerBytes(evaluation, replica.layout), count]).toEqual([undefined, 0, 40]);
    expect(lossSum).toBe(replica.evaluate(samples).lossSum);
  });
});

describe('the terms of work', () => {
  it.each([gradient, evaluation])('are taken as they are: $kind', (work) => {
    expect(v.parse(workSchema, work)).toEqual(work);
  });

  it.each<[string, unknown]>([
    ['an unknown kind', { ...gradient, kind: 'dreaming' }],
    ['no shard', { kind: 'gradient', step: 0 }],
    ['a step that is not a count', { ...gradient, step: 1.5 }],
    ['a shard that is not a node of a tree', { ...gradient, shard: { first: 1, count: 2 } }],
    ['anything more', { ...gradient, more: 1 }],
  ])('are refused with %s', (_, terms) => {
    expect(v.safeParse(workSchema, terms).success).toBe(false);
  });

  it('are the same only where kind, step and shard are', () => {
    expect(isSameWork(gradient, { ...gradient })).toBe(true);
    for (const other of [
      { ...gradient, kind: 'evaluation' },
      { ...gradient, step: 4 },
      { ...gradient, shard: { first: 2, count: 1 } },
    ]) {
      expect(isSameWork(gradient, other)).toBe(false);
    }
  });
});
