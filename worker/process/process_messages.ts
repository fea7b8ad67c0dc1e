// What a worker process and the process that supervises it tell each other.

import type { Volunteer } from '../../shared/protocol/messages.ts';
import type { WorkerLimits } from '../session/limits.ts';
import type { WorkerEvent, WorkerOutcome } from '../session/session.ts';

/** How a supervised process is to work; passed in the environment, where other users cannot read the token. */
export interface ProcessOptions {
  readonly url: string;
  readonly token?: string;
  /** Whose work it is. */
  readonly volunteer?: Volunteer;
  /** What the coordinator may cost each process; those that are absent are the defaults. */
  readonly limits?: Partial<WorkerLimits>;
  /** A file of certificates that are trusted instead of the system's. */
  readonly ca?: string;
  /** Threads that compute a lease in each process; 1 if it is absent. */
  readonly threads?: number;
  /** Milliseconds; null for ever, as JSON has no infinity. */
  readonly retryFor: number | null;
}

/** The environment variable that holds the options, as JSON. */
export const optionsVariable = 'GRADSWARM_WORKER_PROCESS';

export type ProcessMessage =
  | { readonly type: 'event'; readonly event: WorkerEvent }
  /** The last message: why the process ends. A process that ends without it has crashed. */
  | { readonly type: 'outcome'; readonly outcome: WorkerOutcome }
  /** The last message too: the engine cannot run here, and another process could not either. */
  | { readonly type: 'failed'; readonly reason: string };
