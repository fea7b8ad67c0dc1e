// Workers as programs start them: in this process, or as processes of their own.

import { sharedCrew } from '../../shared/crew/crew.ts';
import { crewThreads } from '../../shared/node/crew_threads.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import { systemClock } from '../../shared/node/system_clock.ts';
import { parseUrl } from '../../worker/process/coordinator_url.ts';
import { runNodeWorker } from '../../worker/process/node_worker.ts';
import { type ProcessEvent, type ProcessOutcome, superviseProcesses } from '../../worker/process/processes.ts';
import { openEngine } from '../../worker/session/engine.ts';
import { type WorkerLimits, workerLimitsOf } from '../../worker/session/limits.ts';

/** How a worker works. */
export interface WorkerOptions {
  /** Processes to start; 0, the default, computes in this process, which is then busy for the time of each lease. */
  readonly processes?: number;
  /** Threads that compute each lease together, in each process; 1 by default. */
  readonly threads?: number;
  /** What the coordinator asks for, if it asks for one. */
  readonly token?: string;
  /** A file (PEM) of the coordinator's certificate, or its authority's, to trust instead of the system's. */
  readonly ca?: string;
  /** Seconds without a connection after which to give up; never if left out, at once with 0. */
  readonly retryFor?: number;
  /**
   * Ends the worker when it aborts: processes within a second, also while they compute; a worker in this process when its
   * lease is done. Use a process for a coordinator that you do not trust.
   */
  readonly signal?: AbortSignal;
  /** What the coordinator may cost each worker, in bytes, milliseconds and operations; the rest are the defaults. */
  readonly limits?: Partial<WorkerLimits>;
  /** What happens; `worker` counts the processes from 0. */
  readonly onEvent?: (event: ProcessEvent, worker: number) => void;
}

/** How each worker ended: `finished`, `refused`, `gave up`, `aborted` or `failed`, with a sentence that says why. */
export type WorkerOutcome = ProcessOutcome;

/** What happens to a worker on its way. */
export type WorkerEvent = ProcessEvent;

/**
 * Computes gradients for a coordinator until its run is finished, and reconnects when the connection drops.
 * @param url where the coordinator is, like `ws://192.168.1.5:8080`.
 * @returns one outcome for each worker.
 * @throws {InputError} if the URL is not one of a WebSocket, or a limit out of its range.
 */
export async function runWorker(url: string, options: WorkerOptions = {}): Promise<readonly WorkerOutcome[]> {
  const { processes = 0, threads = 1, token, ca, retryFor, signal = new AbortController().signal, onEvent } = options;
  const limits = workerLimitsOf('node', options.limits);
  const common = { signal, limits, ...(token === undefined ? {} : { token }), ...(ca === undefined ? {} : { ca }) };
  const patience = retryFor === undefined ? undefined : 1000 * retryFor;
  if (processes > 0) {
    return superviseProcesses({
      ...common,
      url: parseUrl(url).href,
      processes,
      threads,
      retryFor: patience ?? null,
      clock: systemClock,
      random: Math.random,
      onEvent: (worker, event) => onEvent?.(event, worker),
    });
  }
  const outcome = await runNodeWorker({
    ...common,
    url: parseUrl(url),
    engine: await openEngine(loadNodeEngine, sharedCrew(crewThreads({ threads }))),
    retryFor: patience ?? Number.POSITIVE_INFINITY,
    onEvent: (event) => onEvent?.(event, 0),
  });
  return [outcome];
}
