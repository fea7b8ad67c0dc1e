import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as registered from '../../../../shared/job/schedules/registered_schedules.ts';
import { type Schedule, scheduledRate, scheduleSchema } from '../../../../shared/job/schedules/schedule_registry.ts';

/** What make_schedule_fixture.py wrote: the learning rates of PyTorch's schedulers, step by step. */
interface Fixture {
  readonly base: number;
  readonly stepsPerEpoch: number;
  readonly cases: readonly { readonly schedule: Schedule; readonly rates: readonly number[] }[];
  /** Validation losses of epochs, and the learning rates of these and of the one behind them. */
  readonly losses: readonly number[];
  readonly plateaus: Fixture['cases'];
}

const file = new URL('../../../oracle/fixtures/schedules.json', import.meta.url);
const { base, stepsPerEpoch, cases, losses, plateaus }: Fixture = JSON.parse(await readFile(file, 'utf8'));

describe('every schedule', () => {
  it.each(cases.map((one) => [JSON.stringify(one.schedule), one] as const))('%s goes as in PyTorch', (_, one) => {
    const schedule = v.parse(scheduleSchema, one.schedule);
    one.rates.forEach((expected, step) => {
      const found = scheduledRate(schedule, { base, step, stepsPerEpoch, totalSteps: one.rates.length });
      expect(Math.abs(found - expected), `step ${step}: ${found} for ${expected}`).toBeLessThan(1e-13);
    });
  });

  it.each(plateaus.map((one) => [JSON.stringify(one.schedule), one] as const))('%s goes as in PyTorch', (_, one) => {
    const schedule = v.parse(scheduleSchema, one.schedule);
    one.rates.forEach((expected, epoch) => {
      const point = { base, step: epoch * stepsPerEpoch, stepsPerEpoch, totalSteps: 1000 };
      const found = scheduledRate(schedule, { ...point, validationLosses: losses.slice(0, epoch) });
      expect(Math.abs(found - expected), `epoch ${epoch}: ${found} for ${expected}`).toBeLessThan(1e-13);
    });
    expect(new Set(one.rates).size).toBeGreaterThan(2);
  });

  it('is among these', () => {
    const kinds = Object.values(registered).map(({ kind }) => kind);
    expect([...new Set([...cases, ...plateaus].map(({ schedule }) => schedule.kind))].sort()).toEqual(kinds.sort());
  });
});

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

describe('a cosine schedule', () => {
  it('has both ends exact, and is the first rate where there is one step', () => {
    expect(rates({ kind: 'cosine', finalLearningRate: 0.007 }, [0, 29])).toEqual([0.1, 0.007]);
    expect(rates({ kind: 'cosine' }, [0, 29])).toEqual([0.1, 0]);
    expect(rates({ kind: 'cosine' }, [0], 1)).toEqual([0.1]);
  });
});

describe('a one-cycle schedule', () => {
  it('is one of the largest rate where there is no step to rise in', () => {
    expect(rates({ kind: 'one-cycle' }, [0], 1)).toEqual([0.1]);
    expect(rates({ kind: 'one-cycle' }, [0], 2)).toEqual([0.1]);
  });
});

describe('a warm-up', () => {
  it('rises to the rate of the step behind it, and epochs are counted from the first step on', () => {
    const decay = { kind: 'step-decay', everyEpochs: 1, factor: 0.5, warmUpSteps: 4 };
    expect(rates(decay, [0, 3, 4, 9, 10])).toEqual([0.02, 0.08, 0.1, 0.1, 0.05]);
  });

  it('may be the whole run', () => {
    expect(rates({ kind: 'cosine', warmUpSteps: 99 }, [0, 29])).toEqual([0.001, 0.03]);
  });
});
