// What a run needs of the machine it is on, as one argument: the system's own, or a simulated one.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import { crewThreads } from '../shared/node/crew_threads.ts';
import { systemClock } from '../shared/node/system_clock.ts';
import { type Disk, systemDisk } from './records/disk.ts';
import { type Processes, systemProcesses } from './records/processes.ts';
import { startLocalWorkers } from './run/local_workers.ts';
import type { WorkerId } from './training/lease.ts';
import type { LeaseBook } from './training/lease_book.ts';
import { listen } from './web/server.ts';

export interface Platform {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly processes: Processes;
  /** Opens the port. */
  readonly listen: typeof listen;
  /** Threads of this process that compute together, beside the one that asks for it. */
  readonly crewThreads: typeof crewThreads;
  /** Starts worker processes on this machine. */
  readonly startLocalWorkers: typeof startLocalWorkers;
  /** Calls back soon, when messages that have come in the meantime are handled. */
  readonly nextTurn: (callback: () => void) => void;
  readonly newWorkerId: () => WorkerId;
  /** For tests that break a rule. */
  readonly createLeaseBook?: (units: number) => LeaseBook;
}

export const systemPlatform: Platform = {
  clock: systemClock,
  disk: systemDisk,
  processes: systemProcesses,
  listen,
  crewThreads,
  startLocalWorkers,
  nextTurn: setImmediate,
  newWorkerId: () => randomBytes(6).toString('hex') as WorkerId,
};
