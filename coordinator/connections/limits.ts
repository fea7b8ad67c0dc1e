// Limits for what strangers can cost a coordinator, each a value: default, flag of `train`, and row of PROTOCOL.md's table
// come from here. To add one is to add it here, and to keep it where it is read by its name.

import { InputError } from '../../shared/errors.ts';
import type { CloseName } from '../../shared/protocol/close_codes.ts';

export interface Limit {
  /** Of `gradswarm train`. */
  readonly flag: `--max-${string}`;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  /** What the number counts, as in "100 connections". */
  readonly unit: string;
  /** What is counted, and why it is bounded: one line of help, and of the protocol document. */
  readonly description: string;
  /** How whoever exceeds it is told: the close code of a WebSocket, the status of an HTTP response. */
  readonly told: CloseName | 'HTTP 503' | 'HTTP 429' | 'HTTP 413' | 'HTTP 408';
}

/** By name. */
export const limits = {
  connections: {
    flag: '--max-connections',
    default: 4_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: "workers' connections at a time",
    told: 'tooMany',
  },
  connectionsPerAddress: {
    flag: '--max-connections-per-address',
    default: 2_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: 'of these from one address, which a whole school or a reverse proxy may share',
    told: 'tooMany',
  },
  strangers: {
    flag: '--max-strangers',
    default: 1_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: 'of these before their hello was accepted',
    told: 'tooMany',
  },
} as const satisfies Readonly<Record<string, Limit>>;

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
