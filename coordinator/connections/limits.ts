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
  readonly told: CloseName | 'HTTP 503' | 'HTTP 429' | 'HTTP 413' | 'HTTP 408' | 'the connection is cut';
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
  wrongTokens: {
    flag: '--max-wrong-tokens',
    default: 1_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'wrong tokens',
    description: 'that wait for their refusal, which comes late; more are refused at once',
    told: 'HTTP 429',
  },
  wrongTokensPerAddress: {
    flag: '--max-wrong-tokens-per-address',
    default: 16,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'wrong tokens',
    description: 'of these from one address; as long as they wait, no administrator comes from there',
    told: 'HTTP 429',
  },
  tcpConnections: {
    flag: '--max-tcp-connections',
    default: 8_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: 'of any kind at a time: of workers, of people who watch, of those who say nothing',
    told: 'HTTP 503',
  },
  tcpConnectionsPerAddress: {
    flag: '--max-tcp-connections-per-address',
    default: 4_000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'connections',
    description: 'of these from one address',
    told: 'HTTP 503',
  },
  requestsPerSecond: {
    flag: '--max-requests-per-second',
    default: 500,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'requests a second',
    description: 'from one address, those to upgrade included; twice as many at once. Large answers count for more',
    told: 'HTTP 429',
  },
  requestSeconds: {
    flag: '--max-request-seconds',
    default: 10,
    minimum: 1,
    maximum: 3_600,
    unit: 'seconds',
    description: 'until a request has come whole, from the opening of its connection if it is the first',
    told: 'HTTP 408',
  },
  idleSeconds: {
    flag: '--max-idle-seconds',
    default: 5,
    minimum: 1,
    maximum: 3_600,
    unit: 'seconds',
    description: 'without a request on a connection that has had an answer',
    told: 'the connection is cut',
  },
  unreadSeconds: {
    flag: '--max-unread-seconds',
    default: 20,
    minimum: 1,
    maximum: 3_600,
    unit: 'seconds',
    description: 'in which something of an answer must be taken; all of it in as long and the time of 256 kbit/s',
    told: 'the connection is cut',
  },
  watchers: {
    flag: '--max-watchers',
    default: 1_000,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'people',
    description: 'who watch at a time',
    told: 'HTTP 503',
  },
  watchersPerAddress: {
    flag: '--max-watchers-per-address',
    default: 500,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'people',
    description: 'of these from one address',
    told: 'HTTP 503',
  },
  largeAnswers: {
    flag: '--max-large-answers',
    default: 64,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'answers',
    description: 'with parameters or samples at a time, however slowly they are taken',
    told: 'HTTP 503',
  },
  largeAnswersPerAddress: {
    flag: '--max-large-answers-per-address',
    default: 16,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'answers',
    description: 'of these to one address',
    told: 'HTTP 503',
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
