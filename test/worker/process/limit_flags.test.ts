import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLimitOptions, limitsFrom } from '../../../worker/process/limit_flags.ts';
import { greatestLimits, workerLimitNames, workerLimits, workerLimitsOf } from '../../../worker/session/limits.ts';

/** The limits of a command line. */
function parsed(...flags: readonly string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addLimitOptions(command);
  return limitsFrom(command.parse(flags, { from: 'user' }).opts());
}

describe('flags of the limits of a worker', () => {
  it('are the defaults of a process where none is given', () => {
    expect(parsed()).toEqual(workerLimitsOf('node'));
  });

  it.each(workerLimitNames)('set %s', (name) => {
    const { flag, maximum } = workerLimits[name];
    expect(parsed(flag, String(maximum))).toEqual({ ...workerLimitsOf('node'), [name]: greatestLimits[name] });
    expect(() => parsed(flag, '0')).toThrow(`expected a whole number from 1 to ${maximum}`);
  });

  it('are lifted all together', () => {
    expect(parsed('--no-limits', '--max-nodes', '5')).toEqual(greatestLimits);
  });
});
