import { describe, expect, it } from 'vitest';
import { lengthFault, parseJob } from '../../../shared/job/job.ts';
import { stopsEarly } from '../../../shared/job/training_control.ts';
import { tinyJob } from '../../coordinator/tiny_job.ts';

describe('early stopping', () => {
  const rule = { patience: 2, minimumImprovement: 0 };

  it('ends a job after so many epochs in a row without a lesser loss', () => {
    expect(stopsEarly([], rule)).toBe(false);
    expect(stopsEarly([3, 2, 2.5], rule)).toBe(false);
    expect(stopsEarly([3, 2, 2.5, 2], rule)).toBe(true);
    expect(stopsEarly([3, 2, 2.5, 1.9, 2], rule)).toBe(false);
  });

  it('does not count what is too little', () => {
    const losses = [3, 2.95, 2.9, 2.85];
    expect(stopsEarly(losses, rule)).toBe(false);
    expect(stopsEarly(losses, { ...rule, minimumImprovement: 0.1 })).toBe(false);
    expect(stopsEarly(losses, { ...rule, minimumImprovement: 0.2 })).toBe(true);
  });
});

describe('a job of another length', () => {
  const job = (fields: object) => parseJob({ ...tinyJob, ...fields }, 'test');

  it('goes on from where a shorter one ended', () => {
    expect(lengthFault(job({}), job({ epochs: 9 }), 3, 12)).toBeUndefined();
    const stepped = { schedule: { kind: 'step-decay', everyEpochs: 2, factor: 0.5 } };
    expect(lengthFault(job(stepped), job({ ...stepped, epochs: 9 }), 3, 12)).toBeUndefined();
    expect(lengthFault(job({}), job({}), 3, 12)).toBeUndefined();
  });

  it.each(['linear', 'cosine', 'one-cycle'])(
    'is another one from the start with schedule %s, and the reason says so',
    (kind) => {
      const schedule = kind === 'linear' ? { kind, finalLearningRate: 0.01 } : { kind };
      expect(lengthFault(job({ schedule }), job({ schedule, epochs: 9 }), 3, 12)).toMatch(
        `the learning rates of schedule ${kind} depend on the job's length: a job of 27 steps would have had others`,
      );
    },
  );

  it('may be shorter than the run was to be, to end it where it is', () => {
    expect(lengthFault(job({}), job({ epochs: 3 }), 3, 9)).toBeUndefined();
  });

  it('is none that has fewer steps than were done, nor one that ended in the middle of an epoch that it would have judged at its end', () => {
    expect(lengthFault(job({}), job({ epochs: 3 }), 3, 10)).toBe('9 steps are fewer than the 10 that it has done');
    const { epochs: _, ...steps } = { ...tinyJob, steps: 10, earlyStopping: { patience: 3 } };
    const [short, long] = [parseJob(steps, 'test'), parseJob({ ...steps, steps: 30 }, 'test')];
    expect(lengthFault(short, long, 3, 10)).toMatch(/at the end of an epoch, not after step 10/);
  });
});
