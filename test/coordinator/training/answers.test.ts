import { describe, expect, it } from 'vitest';
import { Answers } from '../../../coordinator/training/answers.ts';
import type { LeaseId, WorkerId } from '../../../coordinator/training/lease.ts';
import { MiniBatchTask } from '../../../coordinator/training/mini_batch_task.ts';
import type { GradientSlot } from '../../../coordinator/training/trainer_messages.ts';
import { leaseOf } from './leases.ts';

const shard = { first: 0, count: 1 };
const sums = { samples: 2, lossSum: 1, metricSums: {} };

/** A task of one microbatch, whose answer had this digest. */
function answered(step: number, digest: number): MiniBatchTask {
  const task = new MiniBatchTask({ step, samples: 2, microbatchSize: 2, learningRate: 1 });
  task.count(leaseOf({ worker: 'first' as WorkerId, shard, step }), { ...sums, gradient: 0 as GradientSlot, digest });
  return task;
}

const confirming = (digest: number) => ({ ...sums, lease: 1 as LeaseId, milliseconds: 1, digest });

const late = (step: number) => leaseOf({ worker: 'late' as WorkerId, shard, step });

describe('Answers', () => {
  it('find nothing to dispute in an answer that is the same', () => {
    const answers = new Answers();
    answers.remember(answered(3, 7));
    expect(answers.confirm(late(3), confirming(7), 'late')).toEqual([]);
    expect(answers.statistics.contradictions).toBe(0);
  });

  it('dispute an answer that differs from the one that was counted, for its step and its shard alone', () => {
    const answers = new Answers();
    answers.remember(answered(3, 7));
    answers.remember(answered(4, 8));
    expect(answers.confirm(late(4), confirming(7), 'late')).toMatchObject([
      { work: { step: 4, shard }, parameters: 4, answers: [{ worker: 'first' }, { worker: 'late', digest: 7 }] },
    ]);
    expect(
      answers.confirm({ ...late(4), work: { ...late(4).work, shard: { first: 0, count: 2 } } }, confirming(7), 'late'),
    ).toEqual([]);
    expect(answers.statistics.contradictions).toBe(1);
  });

  it('forget what was long ago', () => {
    const answers = new Answers();
    for (let step = 0; step < 20; step++) answers.remember(answered(step, 7));
    expect(answers.confirm(late(0), confirming(1), 'late')).toEqual([]);
    expect(answers.confirm(late(19), confirming(1), 'late')).toHaveLength(1);
  });
});
