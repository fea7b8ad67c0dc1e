import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { scheduledRate, scheduleSchema } from '../../../../shared/job/schedules/schedule_registry.ts';

/** Rates from 0.1 on, over three epochs of ten steps. */
const rates = (stated: unknown, steps: readonly number[], totalSteps = 30) => {
  const schedule = v.parse(scheduleSchema, stated);
  return steps.map((step) => scheduledRate(schedule, { base: 0.1, step, stepsPerEpoch: 10, totalSteps }));
};

describe('a constant schedule', () => {
  it('stays where it is', () => {
    expect(rates({ kind: 'constant' }, [0, 15, 29])).toEqual([0.1, 0.1, 0.1]);
  });
});

describe('a step-decay schedule', () => {
  it('falls by a factor at the start of every so many epochs', () => {
    const steps = [0, 9, 10, 19, 20, 29];
    expect(rates({ kind: 'step-decay', everyEpochs: 1, factor: 0.5 }, steps)).toEqual([
      0.1, 0.1, 0.05, 0.05, 0.025, 0.025,
    ]);
    expect(rates({ kind: 'step-decay', everyEpochs: 2, factor: 0.5 }, steps)).toEqual([0.1, 0.1, 0.1, 0.1, 0.05, 0.05]);
  });
});

describe('a linear schedule', () => {
  const linear = { kind: 'linear', finalLearningRate: 0.3 };

  it('goes along a line from the first step to the last, both ends exact', () => {
    const [first, middle, last] = rates(linear, [0, 14.5, 29]);
    expect(first).toBe(0.1);
    expect(middle).toBeCloseTo(0.2, 15);
    expect(last).toBe(0.3);
  });

  it('is the first rate where there is one step', () => {
    expect(rates(linear, [0], 1)).toEqual([0.1]);
  });
});
