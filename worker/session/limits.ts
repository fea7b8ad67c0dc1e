// What a worker allows a coordinator to cost it, each a value: defaults, flag of `gradswarm worker`, and row of
// PROTOCOL.md's table come from here. A worker process and a browser's tab have the same limits with other numbers.

import { InputError } from '../../shared/errors.ts';
import type { CloseName } from '../../shared/protocol/close_codes.ts';

/** Where a worker runs. */
export type Platform = 'node' | 'tab';

/** How large one of each unit is, in bytes, milliseconds, operations or nodes. */
export const units = { MiB: 2 ** 20, seconds: 1000, 'billion operations': 1e9, nodes: 1 } as const;

export interface WorkerLimit {
  /** Of `gradswarm worker`. */
  readonly flag: `--max-${string}`;
  readonly unit: keyof typeof units;
  /** In this unit, as all numbers here. */
  readonly default: { readonly [Where in Platform]: number };
  readonly maximum: number;
  /** What the number bounds. */
  readonly description: string;
  /** What the worker closes with, behind a goodbye, if a coordinator exceeds it. */
  readonly told: CloseName;
}

/** By name. */
export const workerLimits = {
  memoryBytes: {
    flag: '--max-memory',
    unit: 'MiB',
    default: { node: 2048, tab: 512 },
    maximum: 4096,
    description: "the engine's memory, of all threads: parameters, gradients, activations and the samples at work",
    told: 'normal',
  },
  parameterBytes: {
    flag: '--max-parameters',
    unit: 'MiB',
    default: { node: 512, tab: 64 },
    maximum: 4096,
    description: "the model's parameters, frozen ones included",
    told: 'normal',
  },
  jobBytes: {
    flag: '--max-job',
    unit: 'MiB',
    default: { node: 4, tab: 1 },
    maximum: 16,
    description: 'the assigned job with its graph',
    told: 'messageTooLarge',
  },
  nodes: {
    flag: '--max-nodes',
    unit: 'nodes',
    default: { node: 10_000, tab: 2_000 },
    maximum: 10_000,
    description: "the graph's nodes",
    told: 'normal',
  },
  messageBytes: {
    flag: '--max-message',
    unit: 'MiB',
    default: { node: 512, tab: 64 },
    maximum: 4096,
    description: 'the payload of one message',
    told: 'messageTooLarge',
  },
  waitingBytes: {
    flag: '--max-waiting',
    unit: 'MiB',
    default: { node: 256, tab: 32 },
    maximum: 4096,
    description: 'what waits, in all: leases for their parameters, messages for the model to be compiled',
    told: 'normal',
  },
  unsentBytes: {
    flag: '--max-unsent',
    unit: 'MiB',
    default: { node: 256, tab: 64 },
    maximum: 4096,
    description: 'answers that the coordinator has not taken yet',
    told: 'normal',
  },
  leaseOperations: {
    flag: '--max-operations',
    unit: 'billion operations',
    default: { node: 20_000, tab: 2_000 },
    maximum: 1_000_000,
    description: 'the floating-point operations of one lease, estimated from the graph',
    told: 'normal',
  },
  computingMilliseconds: {
    flag: '--max-seconds',
    unit: 'seconds',
    default: { node: 600, tab: 120 },
    maximum: 86_400,
    description: 'the computation that one message asks for; time is looked at between microbatches',
    told: 'normal',
  },
} as const satisfies Readonly<Record<string, WorkerLimit>>;

export type WorkerLimitName = keyof typeof workerLimits;

/** A number for each limit: bytes, milliseconds, operations or nodes, as its name says. */
export type WorkerLimits = { readonly [Name in WorkerLimitName]: number };

/** The names of all limits, in the order of the table. */
export const workerLimitNames = Object.keys(workerLimits) as readonly WorkerLimitName[];

/**
 * The limits given, and the platform's defaults of those that are not.
 * @throws {InputError} naming one that is out of its range.
 */
export function workerLimitsOf(platform: Platform, given: Partial<WorkerLimits> = {}): WorkerLimits {
  const values = workerLimitNames.map((name) => {
    const { unit, default: defaults } = workerLimits[name];
    return [name, requireWithin(name, given[name] ?? defaults[platform] * units[unit])];
  });
  return Object.fromEntries(values) as WorkerLimits;
}

/** For a coordinator that is trusted: no limit is lower than the engine's own. */
export const greatestLimits = Object.fromEntries(
  workerLimitNames.map((name) => [name, workerLimits[name].maximum * units[workerLimits[name].unit]]),
) as WorkerLimits;

function requireWithin(name: WorkerLimitName, value: number): number {
  const greatest = greatestLimits[name];
  if (value > 0 && value <= greatest) return value;
  throw new InputError(`limit ${name}: expected a number above 0, at most ${greatest}, found ${value}`);
}

/** The coordinator asks for more than this worker gives. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
  readonly limit: WorkerLimitName;

  constructor(limit: WorkerLimitName, limits: WorkerLimits) {
    const { description, unit } = workerLimits[limit];
    const amount = (limits[limit] / units[unit]).toLocaleString('en');
    super(`the coordinator asks for more than this worker gives: at most ${amount} ${unit} for ${description}`);
    this.limit = limit;
  }
}
