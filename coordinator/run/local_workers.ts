// Local workers: processes of the worker's own entry, started and stopped with the run, whatever state they are in.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { attached } from '../../shared/node/parent_process.ts';
import { tokenVariable } from '../../shared/node/token_flags.ts';

/** The built entry of a worker process; worker and coordinator share no code, so it is named by its place. */
export const workerEntry = fileURLToPath(new URL('../../worker/process/main.js', import.meta.url));

export interface LocalWorkersOptions {
  readonly url: string;
  readonly processes: number;
  readonly token?: string | undefined;
  /** A file with the certificate that the coordinator proves itself by, if it speaks TLS. */
  readonly ca?: string | undefined;
  /** Called with each new line that the workers say about trouble, like why they cannot join. */
  readonly onTrouble: (line: string) => void;
  /** Called if the processes end before `stop`. */
  readonly onFailed: (reason: string) => void;
}

export interface LocalWorkers {
  /** Ends the processes; resolves when they are gone. */
  readonly stop: () => Promise<void>;
}

/** Milliseconds to end in after SIGTERM: a supervisor gives its processes, which may compute for minutes, less. */
const stopGrace = 1_000;

/** Where the processes can be a group of their own, which can be killed as a whole even while they are frozen. */
const hasGroups = process.platform !== 'win32';

/** Starts the processes under one supervising process, which restarts those that crash. */
export function startLocalWorkers({ onTrouble, onFailed, ...options }: LocalWorkersOptions): LocalWorkers {
  let stopped = false;
  const child = startSupervisor(options);
  const killAll = () => kill(child);
  // However this process ends, short of SIGKILL; then the closed channel tells all processes that are not frozen.
  process.once('exit', killAll);
  child.once('exit', killAll); // Those that outlive a supervisor that was killed.
  const said = listen(child, (line) => {
    if (!stopped) onTrouble(line);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string | undefined) => {
      process.removeListener('exit', killAll);
      if (!stopped && reason !== undefined) onFailed(reason);
      resolve();
    };
    child.once('error', (error) => end(error.message));
    // 'close', not 'exit': what it said last has been read by then.
    child.once('close', (code, signal) => end(code === 0 ? undefined : (said.error ?? signal ?? `exit code ${code}`)));
  });
  return {
    async stop() {
      stopped = true;
      child.kill('SIGTERM');
      const timer = setTimeout(killAll, stopGrace);
      await ended;
      clearTimeout(timer);
    },
  };
}

type SupervisorOptions = Omit<LocalWorkersOptions, 'onTrouble' | 'onFailed'>;

function startSupervisor({ url, processes, token, ca }: SupervisorOptions): ChildProcess {
  const { [tokenVariable]: _, ...environment } = process.env;
  // They trust the coordinator that has started them.
  const trust = ca === undefined ? [] : ['--ca', ca];
  const flags = ['--processes', String(processes), '--threads', '1', '--no-limits', '--quiet', ...trust];
  return spawn(process.execPath, [workerEntry, url, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Other users can read a command line, but not the environment.
    env: { ...environment, ...attached, NO_COLOR: '1', ...(token === undefined ? {} : { [tokenVariable]: token }) },
    // Ctrl-C in a terminal is for the coordinator alone then, which stops them in its own time.
    detached: hasGroups,
  });
}

/** Hands on what the workers warn of, each line once in a row, and remembers the last error. */
function listen({ stderr }: ChildProcess, onWarning: (line: string) => void): { readonly error: string | undefined } {
  const said: { warning: string | undefined; error: string | undefined } = { warning: undefined, error: undefined };
  if (stderr === null) return said;
  createInterface({ input: stderr }).on('line', (line) => {
    const [, kind, text = ''] = /^(warning|error): (.*)$/.exec(line) ?? [];
    if (kind === 'error') said.error = text;
    if (kind !== 'warning') return;
    const [what] = text.split('; retrying in ', 1);
    if (said.warning !== what) onWarning(text);
    said.warning = what;
  });
  return said;
}

/** Ends the supervisor and its processes at once, also if they are frozen. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (!hasGroups) {
    child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Nobody is left, or (on some systems) only those who have ended and not been waited for.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
