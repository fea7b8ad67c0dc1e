import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLimitOptions, limitsFrom } from '../../../coordinator/command_line/limit_flags.ts';
import { limitNames, limits, limitsOf } from '../../../coordinator/connections/limits.ts';

function parse(...flags: readonly string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addLimitOptions(command);
  return limitsFrom(command.parse(flags, { from: 'user' }));
}

describe('flags of limits', () => {
  it('are the defaults where they are left out', () => {
    expect(parse()).toEqual(limitsOf());
  });

  it.each(limitNames)('set %s', (name) => {
    const { flag, maximum } = limits[name];
    expect(parse(flag, String(maximum))).toEqual({ ...limitsOf(), [name]: maximum });
  });

  it('refuse what is out of range', () => {
    expect(() => parse('--max-connections', '0')).toThrow(/expected a whole number from 1 to 1000000/);
  });
});
