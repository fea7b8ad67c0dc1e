// Where a command has its token from: a file, the environment, or the command line, which other users can read. No error
// quotes it.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { InputError } from '../errors.ts';
import { maximumTokenLength } from '../protocol/limits.ts';
import { requireToken } from '../protocol/token.ts';
import { printWarning } from './terminal.ts';

/** The environment variable that stands for `--token-file`: other users can read a command line, but not the environment. */
export const tokenVariable = 'GRADSWARM_TOKEN';

interface TokenFlags {
  readonly token?: string;
  readonly tokenFile?: string;
}

/** Adds `--token` and `--token-file`. The action finds the token among its flags, wherever it comes from. */
export function addTokenOptions(command: Command, description: string): void {
  command
    .addOption(new Option('-t, --token <token>', `${description}; other users can see it here, so prefer a file`))
    .addOption(new Option('--token-file <file>', `the file whose one line is the token (or set ${tokenVariable})`))
    .hook('preAction', (_, acting) => {
      const flags: TokenFlags = acting.opts();
      if (flags.token !== undefined) hideInProcessList(flags.token);
      acting.setOptionValue('token', tokenFrom(flags, process.env[tokenVariable], printWarning));
    });
}

/**
 * The token: from the flags, else from the environment, if there is one.
 * @throws {InputError} naming the source that is wrong.
 */
export function tokenFrom(
  { token, tokenFile }: TokenFlags,
  inherited: string | undefined,
  warn: (line: string) => void,
): string | undefined {
  if (token !== undefined && tokenFile !== undefined) {
    throw new InputError('--token and --token-file: give one of them');
  }
  if (tokenFile !== undefined) return checked(readTokenFile(tokenFile, warn), `--token-file ${tokenFile}`);
  if (token === undefined) return inherited === undefined ? undefined : checked(inherited, tokenVariable);
  const right = checked(token, '--token');
  warn(`--token: other users of this machine can see it in the list of processes; prefer --token-file`);
  return right;
}

function checked(token: string, source: string): string {
  try {
    return requireToken(token);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${source}: ${error.message}`);
  }
}

/** The one line of a file, which may be a pipe. */
function readTokenFile(file: string, warn: (line: string) => void): string {
  const text = withFile(file, (descriptor) => {
    warnOfOtherUsers(descriptor, file, warn);
    return readStart(descriptor);
  }).replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) throw new InputError(`--token-file ${file}: expected one line`);
  return text;
}

function withFile<Result>(file: string, use: (descriptor: number) => Result): Result {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    return use(descriptor);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? message})`;
    throw new InputError(`--token-file ${file}: ${reason}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** What a file begins with: the longest token there may be, and enough to tell that there is more. */
function readStart(descriptor: number): string {
  const buffer = Buffer.alloc(4 * maximumTokenLength + 4);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = readSync(descriptor, buffer, length, buffer.length - length, null);
  }
  return buffer.toString('utf8', 0, length);
}

function warnOfOtherUsers(descriptor: number, file: string, warn: (line: string) => void): void {
  // Windows has no such modes.
  const mode = process.platform === 'win32' ? 0 : fstatSync(descriptor).mode;
  if ((mode & 0o006) === 0) return;
  const what = (mode & 0o002) === 0 ? 'read' : 'change';
  warn(`--token-file ${file}: every user of this machine can ${what} it; chmod 600 ${file} mends that`);
}

/** Replaces the token in what other users see of this process, on systems that allow it. */
function hideInProcessList(token: string): void {
  if (token !== '') process.title = process.argv.join(' ').replaceAll(token, '***');
}
