// The flags of `gradswarm worker` that bound what a coordinator can cost, one for each limit that there is.

import { type Command, Option } from 'commander';
import { integer } from '../../shared/node/flags.ts';
import { greatestLimits, units, type WorkerLimits, workerLimitNames, workerLimits } from '../session/limits.ts';

export function addLimitOptions(command: Command): void {
  for (const name of workerLimitNames) command.addOption(optionOf(name));
  command.addOption(
    new Option('--no-limits', 'for a coordinator that is trusted: nothing that it asks for is too much').helpGroup(
      group,
    ),
  );
}

const group = 'What a coordinator may cost each process, its threads together:';

/** The limits that the parsed flags set. */
export function limitsFrom(flags: Readonly<Record<string, unknown>>): Partial<WorkerLimits> {
  if (flags.limits === false) return greatestLimits;
  return Object.fromEntries(
    workerLimitNames.flatMap((name) => {
      const value = flags[optionOf(name).attributeName()];
      return typeof value === 'number' ? [[name, value * units[workerLimits[name].unit]]] : [];
    }),
  );
}

function optionOf(name: keyof WorkerLimits): Option {
  const { flag, unit, maximum, description, default: defaults } = workerLimits[name];
  return new Option(`${flag} <n>`, description)
    .argParser(integer(1, maximum))
    .default(defaults.node, `${defaults.node.toLocaleString('en')} ${unit}`)
    .helpGroup(group);
}
