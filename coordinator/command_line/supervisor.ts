// `gradswarm train --supervise`: a process that starts a coordinator, and starts it again, on the same port and with the
// same run, when it has died.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../shared/clock.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { attached } from '../../shared/node/parent_process.ts';
import { wait } from '../../shared/wait.ts';
import {
  continuation,
  type StartedMessage,
  type SupervisedMessage,
  type SupervisedRun,
  stopMessage,
  supervisedVariable,
} from './supervised_run.ts';
import { type Exit, judge, type Life, type SupervisorEvent } from './supervision.ts';

export interface SupervisorOptions {
  /** The script that the coordinator's process runs; by default this package's. */
  readonly entry?: string;
  /** Ends the run as Ctrl-C does. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly onEvent: (event: SupervisorEvent) => void;
}

/** A life, and what a next one can go on with. */
interface EndedLife extends Life {
  readonly started: StartedMessage | undefined;
}

/** Under vitest this module is TypeScript and its sibling the built one's source: `entry` is given there. */
const defaultEntry = fileURLToPath(new URL('./supervised_main.js', import.meta.url));

/** Runs the coordinator until it has ended for good; its exit code. */
export async function superviseTraining(run: SupervisedRun, options: SupervisorOptions): Promise<number> {
  const { signal, clock, onEvent } = options;
  let next = run;
  let folder: string | undefined;
  let deaths = 0;
  for (;;) {
    const life = await live(next, options);
    const verdict = judge(life, deaths);
    if (verdict.type === 'end') return verdict.exitCode;
    if (life.started !== undefined) {
      next = continuation(next, life.started);
      folder = life.started.folder;
    }
    onEvent({ type: 'died', life, verdict, folder });
    if (verdict.type === 'give up') return exitCodes.failure;
    deaths = verdict.deaths;
    await wait(clock, verdict.milliseconds, signal);
    if (signal.aborted) {
      onEvent({ type: 'stopped', folder });
      return exitCodes.interrupted;
    }
  }
}

/** Starts the coordinator and waits for its end. */
function live(run: SupervisedRun, { entry, signal, onEvent }: SupervisorOptions): Promise<EndedLife> {
  return new Promise((resolve, reject) => {
    const child = fork(entry ?? defaultEntry, [], {
      env: { ...process.env, ...attached, [supervisedVariable]: JSON.stringify(run) },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    let started: StartedMessage | undefined;
    let hasAdvanced = false;
    const stop = () => {
      // Once it listens, not by a signal: a terminal sends one to both processes, and a second ends a run at once.
      if (started !== undefined && child.connected) child.send(stopMessage, () => undefined);
      else child.kill('SIGTERM');
    };
    child.on('message', (message: SupervisedMessage) => {
      switch (message.type) {
        case 'started':
          started = message;
          onEvent(message);
          break;
        case 'advanced':
          hasAdvanced = true;
          break;
        default:
          message satisfies never;
      }
    });
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      resolve({ exit: exitOf(code, killedBy), hasAdvanced, wasStopped: signal.aborted, started });
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

/** Node gives one of them. */
function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  return signal === null ? { code: code ?? exitCodes.crash, signal } : { code: null, signal };
}
