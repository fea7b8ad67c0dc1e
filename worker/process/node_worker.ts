// A worker in this Node process: the session with Node's transport, clock and memory.

import { availableParallelism } from 'node:os';
import { systemClock } from '../../shared/node/system_clock.ts';
import type { WorkerEngine } from '../session/computation.ts';
import { runWorker, type WorkerEvent, type WorkerOutcome } from '../session/session.ts';
import { connectTo } from './node_connection.ts';

export interface NodeWorkerOptions {
  readonly url: URL;
  readonly engine: WorkerEngine;
  readonly token?: string;
  /** Milliseconds; see `WorkerOptions`. */
  readonly retryFor: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkerEvent) => void;
}

export function runNodeWorker({ url, ...options }: NodeWorkerOptions): Promise<WorkerOutcome> {
  return runWorker({
    ...options,
    connect: connectTo(url),
    kind: 'node',
    cores: availableParallelism(),
    clock: systemClock,
    random: Math.random,
    // Memory that is not cleared, as a frame is written in full; "slow" means outside of Node's shared pool.
    allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
  });
}
