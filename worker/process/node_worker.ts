// A worker in this Node process: the session with Node's transport, clock and memory.

import { availableParallelism } from 'node:os';
import { systemClock } from '../../shared/node/system_clock.ts';
import type { Volunteer } from '../../shared/protocol/messages.ts';
import type { WorkerEngine } from '../session/computation.ts';
import { type WorkerLimits, workerLimitsOf } from '../session/limits.ts';
import { runWorker, type WorkerEvent, type WorkerOutcome } from '../session/session.ts';
import { connectTo } from './node_connection.ts';

export interface NodeWorkerOptions {
  readonly url: URL;
  readonly engine: WorkerEngine;
  readonly token?: string;
  /** Whose work it is. */
  readonly volunteer?: Volunteer;
  /** What the coordinator may cost; those that are absent are the defaults of a process. */
  readonly limits?: Partial<WorkerLimits>;
  /** A file of certificates that are trusted instead of the system's. */
  readonly ca?: string;
  /** Milliseconds; see `WorkerOptions`. */
  readonly retryFor: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkerEvent) => void;
}

/** @throws {InputError} if a limit is out of its range. */
export async function runNodeWorker({ url, ca, limits, ...options }: NodeWorkerOptions): Promise<WorkerOutcome> {
  return runWorker({
    ...options,
    limits: workerLimitsOf('node', limits),
    connect: connectTo(url, ca),
    kind: 'node',
    cores: availableParallelism(),
    clock: systemClock,
    random: Math.random,
    // Memory that is not cleared, as a frame is written in full; "slow" means outside of Node's shared pool.
    allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
  });
}
