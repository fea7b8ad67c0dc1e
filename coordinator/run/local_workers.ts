// Local workers: processes of the worker's own entry, started and stopped with the run.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built entry of a worker process; worker and coordinator share no code, so it is named by its place. */
export const workerEntry = fileURLToPath(new URL('../../worker/process/main.js', import.meta.url));

export interface LocalWorkersOptions {
  readonly url: string;
  readonly processes: number;
  readonly token?: string | undefined;
  /** Called if the processes end before `stop`. */
  readonly onFailed: (reason: string) => void;
}

/** Starts the processes under one supervising process, which restarts those that crash. */
export function startLocalWorkers({ url, processes, token, onFailed }: LocalWorkersOptions): { stop: () => void } {
  const tokenArguments = token === undefined ? [] : ['--token', token];
  const child: ChildProcess = spawn(
    process.execPath,
    [workerEntry, url, '--processes', String(processes), '--quiet', ...tokenArguments],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  let stopped = false;
  child.on('error', (error) => onFailed(error.message));
  child.on('exit', (code, signal) => {
    if (!stopped && code !== 0)
      onFailed(`${signal ?? `exit code ${code}`} ${said.trim().split('\n').at(-1) ?? ''}`.trim());
  });
  return {
    stop() {
      stopped = true;
      child.kill('SIGTERM');
    },
  };
}
