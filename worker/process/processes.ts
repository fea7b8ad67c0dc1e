// Several worker processes under one supervisor: starts them, starts those that crash again, ends them all.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../shared/clock.ts';
import { attached } from '../../shared/node/parent_process.ts';
import { wait } from '../../shared/wait.ts';
import { backoff } from '../session/backoff.ts';
import type { WorkerEvent, WorkerOutcome } from '../session/session.ts';
import { optionsVariable, type ProcessMessage, type ProcessOptions } from './process_messages.ts';

/** A process that lived this long, in milliseconds, did useful work: its crash starts a new count. */
const healthyLifetime = 60_000;

/** Crashes in a row after which a process is given up: whatever kills it will not go away. */
const maximumCrashes = 10;

/**
 * Milliseconds that processes have to end after SIGTERM, before SIGKILL: one that computes hears of it when its lease is
 * done, which may be in minutes. It is enough for a goodbye that the coordinator does not answer.
 */
export const stopGrace = 700;

export type ProcessOutcome = WorkerOutcome | { readonly kind: 'failed'; readonly reason: string };

export type ProcessEvent =
  | WorkerEvent
  | { readonly type: 'crashed'; readonly reason: string; readonly milliseconds: number };

export interface ProcessesOptions extends ProcessOptions {
  /** The script that the processes run; by default this package's worker. */
  readonly entry?: string;
  readonly processes: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: () => number;
  /** `worker` counts from 0. */
  readonly onEvent: (worker: number, event: ProcessEvent) => void;
}

/** Under vitest this module is TypeScript and its sibling the built one's source: `entry` is given there. */
const defaultEntry = fileURLToPath(new URL('./worker_process.js', import.meta.url));

/** Runs the processes until each has ended for good; their outcomes, in order. */
export async function superviseProcesses(options: ProcessesOptions): Promise<readonly ProcessOutcome[]> {
  const alive = new Set<ChildProcess>();
  // However this process ends, short of SIGKILL: one that computes would notice only when its lease is done.
  const killAll = () => {
    for (const child of alive) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  try {
    const workers = Array.from({ length: options.processes }, (_, worker) => supervise(worker, options, alive));
    return await Promise.all(workers);
  } finally {
    process.removeListener('exit', killAll);
  }
}

/** @param alive where its processes are to be found */
async function supervise(worker: number, options: ProcessesOptions, alive: Set<ChildProcess>): Promise<ProcessOutcome> {
  const { signal, clock, random, onEvent } = options;
  let crashes = 0;
  for (;;) {
    const startedAt = clock.now();
    const end = await runOnce(worker, options, alive);
    if (end.kind !== 'crashed') return end;
    if (signal.aborted) return { kind: 'aborted' };
    crashes = clock.now() - startedAt >= healthyLifetime ? 1 : crashes + 1;
    if (crashes >= maximumCrashes) {
      return { kind: 'failed', reason: `a worker process crashed ${crashes} times in a row: ${end.reason}` };
    }
    const milliseconds = backoff(crashes - 1, random());
    onEvent(worker, { type: 'crashed', reason: end.reason, milliseconds });
    await wait(clock, milliseconds, signal);
    if (signal.aborted) return { kind: 'aborted' };
  }
}

type ProcessEnd = ProcessOutcome | { readonly kind: 'crashed'; readonly reason: string };

/** Starts one process and waits for its end. */
function runOnce(worker: number, options: ProcessesOptions, alive: Set<ChildProcess>): Promise<ProcessEnd> {
  const { signal, clock, onEvent } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'aborted' });
    const child = start(options);
    alive.add(child);
    let outcome: ProcessOutcome | undefined;
    let cancelKill = () => {};
    const stop = () => {
      child.kill('SIGTERM');
      cancelKill = clock.schedule(stopGrace, () => child.kill('SIGKILL'));
    };
    const end = (fallback: ProcessEnd) => {
      cancelKill();
      alive.delete(child);
      signal.removeEventListener('abort', stop);
      resolve(outcome ?? fallback);
    };
    signal.addEventListener('abort', stop);
    child.on('message', (message: ProcessMessage) => {
      switch (message.type) {
        case 'event':
          onEvent(worker, message.event);
          break;
        case 'outcome':
          outcome = message.outcome;
          break;
        case 'failed':
          outcome = { kind: 'failed', reason: message.reason };
          break;
        default:
          message satisfies never;
      }
    });
    child.once('error', (error) => end({ kind: 'crashed', reason: error.message }));
    // 'close', not 'exit': the last messages have been delivered by then.
    child.once('close', (code, killedBy) => end({ kind: 'crashed', reason: killedBy ?? `exit code ${code}` }));
  });
}

function start({ entry, url, token, volunteer, ca, limits, threads, retryFor }: ProcessesOptions): ChildProcess {
  const options: ProcessOptions = {
    url,
    retryFor,
    ...(token === undefined ? {} : { token }),
    ...(volunteer === undefined ? {} : { volunteer }),
    ...(ca === undefined ? {} : { ca }),
    ...(limits === undefined ? {} : { limits }),
    ...(threads === undefined ? {} : { threads }),
  };
  return fork(entry ?? defaultEntry, [], {
    env: { ...process.env, ...attached, [optionsVariable]: JSON.stringify(options) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
