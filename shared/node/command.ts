// How every command runs and ends: one-line errors and exit codes.

import { type Command, CommanderError } from 'commander';
import { InputError } from '../errors.ts';
import { exitCodes } from './exit_codes.ts';
import { watchOutput } from './standard_output.ts';
import { printError } from './terminal.ts';

/** Runs a command; a user's mistake becomes one line and a non-zero exit code, a mistake of ours keeps its stack. */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  watchOutput();
  process.once('uncaughtExceptionMonitor', () => {
    // Node's own code would be that of a user's mistake.
    process.once('exit', () => {
      process.exitCode = exitCodes.crash;
    });
  });
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    printError(error.message);
    process.exitCode = exitCodes.failure;
  }
}

/**
 * Parses the arguments of this process and runs the command that they name. A parser of an argument that may hold a secret
 * throws `InputError`, whose message is all that is printed: commander repeats what it refuses.
 */
export async function runProgram(program: Command): Promise<void> {
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: (text) => printError(inOneLine(text)) });
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof InputError) {
      printError(error.message);
      process.exitCode = exitCodes.usage;
      return;
    }
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  }
}

/** Of a parser that puts what is near to a mistake on a line of its own. */
function inOneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}
