// `gradswarm worker`: the worker's own entry, in a process of its own.

import { spawn } from 'node:child_process';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { attached } from '../../shared/node/parent_process.ts';
import { onStopSignal } from '../../shared/node/stop_signal.ts';
import { tokenVariable } from '../../shared/node/token_flags.ts';
import { workerEntry } from '../run/local_workers.ts';

/**
 * Hands over to the worker's own entry: coordinator and worker share no code but `shared/`. The token travels in the
 * environment, which other users cannot read.
 */
export function runWorkerEntry(
  workerArguments: readonly string[],
  { token }: { readonly token?: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    // Its workers end when the channel to this process closes, whatever killed it.
    const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
    const child = spawn(process.execPath, [workerEntry, ...workerArguments], {
      stdio: [...stdio],
      env: { ...process.env, ...attached, ...(token === undefined ? {} : { [tokenVariable]: token }) },
    });
    // Not passed on as a signal: a terminal sends one to both, and a second ends the child without a goodbye.
    onStopSignal(() => child.connected && child.disconnect());
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? exitCodes.failure));
  });
}
