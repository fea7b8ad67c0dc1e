// How every command ends: exit codes, one-line errors, signals.

import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

export function printError(message: string): void {
  console.error(`${colors.red('error:')} ${message}`);
}

export function printWarning(message: string): void {
  console.error(`${colors.yellow('warning:')} ${message}`);
}

/** Runs a command; a user's mistake becomes one line and a non-zero exit code, a mistake of ours keeps its stack. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    printError(error.message);
    process.exitCode = exitCodes.failure;
  }
}

/** Calls back once at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onStopSignal(stop: () => void): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(exitCodes.interrupted);
    stopping = true;
    stop();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
