// The flags of `gradswarm train` that set limits, one for each limit that there is.

import { type Command, Option } from 'commander';
import { integer } from '../../shared/node/flags.ts';
import { type LimitName, type Limits, limitNames, limits } from '../connections/limits.ts';

export function addLimitOptions(command: Command): void {
  for (const name of limitNames) command.addOption(optionOf(name));
}

/** The limits that were set when the command was parsed. */
export function limitsFrom(command: Command): Partial<Limits> {
  return Object.fromEntries(
    limitNames.flatMap((name): [LimitName, number][] => {
      const value: unknown = command.getOptionValue(optionOf(name).attributeName());
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

function optionOf(name: LimitName): Option {
  const { flag, unit, minimum, maximum, description, default: value } = limits[name];
  return new Option(`${flag} <n>`, description)
    .argParser(integer(minimum, maximum))
    .default(value, `${value} ${unit}`)
    .helpGroup('Limits for strangers:');
}
