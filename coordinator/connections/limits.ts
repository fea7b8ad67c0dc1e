// Limits for what strangers can cost a coordinator, each a value: default, flag of `train`, and row of PROTOCOL.md's table
// come from here. To add one is to add it to its table, and to keep it where it is read by its name.

import { InputError } from '../../shared/errors.ts';
import { httpLimits } from './http_limits.ts';
import { wireLimits } from './wire_limits.ts';

/** All limits, by name. */
export const limits = { ...wireLimits, ...httpLimits } as const;

export type LimitName = keyof typeof limits;

/** A number for each limit, in its unit. */
export type Limits = { readonly [Name in LimitName]: number };

/** The names of all limits, in the order of the table. */
export const limitNames = Object.keys(limits) as readonly LimitName[];

/**
 * The limits given, and the defaults of those that are not.
 * @throws {InputError} naming one that is out of its range.
 */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  const values = limitNames.map((name) => [name, requireWithin(name, given[name] ?? limits[name].default)]);
  return Object.fromEntries(values) as Limits;
}

function requireWithin(name: LimitName, value: number): number {
  const { minimum, maximum, unit } = limits[name];
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new InputError(
    `limit ${name}: expected a whole number of ${unit} from ${minimum} to ${maximum}, found ${value}`,
  );
}
