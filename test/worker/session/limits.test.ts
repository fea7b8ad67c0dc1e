import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import {
  greatestLimits,
  LimitExceeded,
  units,
  workerLimitNames,
  workerLimits,
  workerLimitsOf,
} from '../../../worker/session/limits.ts';

describe('limits of a worker', () => {
  it.each(workerLimitNames)(
    '%s: a tab gives no more than a process, and no default is beyond what may be asked',
    (name) => {
      const { default: defaults, maximum } = workerLimits[name];
      expect(defaults.tab).toBeLessThanOrEqual(defaults.node);
      expect(defaults.node).toBeLessThanOrEqual(maximum);
    },
  );

  it('have flags of their own', () => {
    expect(new Set(workerLimitNames.map((name) => workerLimits[name].flag)).size).toBe(workerLimitNames.length);
  });

  it('are the defaults of the platform, but for those that are given', () => {
    expect(workerLimitsOf('node').memoryBytes).toBe(2048 * 2 ** 20);
    expect(workerLimitsOf('tab', { nodes: 7 })).toEqual({ ...workerLimitsOf('tab'), nodes: 7 });
    expect(workerLimitsOf('tab').computingMilliseconds).toBe(120_000);
  });

  it.each([0, -1, Number.NaN, 5 * 2 ** 30])('refuse %d bytes of memory', (memoryBytes) => {
    expect(() => workerLimitsOf('node', { memoryBytes })).toThrow(InputError);
    expect(() => workerLimitsOf('node', { memoryBytes })).toThrow(/^limit memoryBytes: expected a number above 0/);
  });

  it('are all greatest for a coordinator that is trusted', () => {
    for (const name of workerLimitNames) {
      expect(greatestLimits[name]).toBe(workerLimits[name].maximum * units[workerLimits[name].unit]);
    }
    expect(workerLimitsOf('tab', greatestLimits)).toEqual(greatestLimits);
  });

  it.each(workerLimitNames)('say in a sentence that fits the wire what %s bounds, and how far', (name) => {
    const { message } = new LimitExceeded(name, greatestLimits);
    expect(message).toContain(workerLimits[name].description);
    expect(message).toContain(workerLimits[name].maximum.toLocaleString('en'));
    expect(message.length).toBeLessThanOrEqual(200);
  });
});
