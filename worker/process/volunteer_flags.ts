// The flags of `gradswarm worker` that say whose work it is.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError } from '../../shared/errors.ts';
import { flagOf } from '../../shared/node/flags.ts';
import type { Volunteer } from '../../shared/protocol/messages.ts';
import { maximumNameLength, nickname } from '../../shared/protocol/nickname.ts';

export interface VolunteerFlags {
  /** How whoever runs the worker is called. */
  readonly name?: string;
  /** The file that keeps who it is. */
  readonly identity?: string;
}

export function addVolunteerOptions(command: Command): void {
  command
    .option(
      '--name <name>',
      `how you are called on the page, up to ${maximumNameLength} characters (default: a made-up one)`,
      flagOf(nameIn),
    )
    .option(
      '--identity <file>',
      'keeps who you are, so that what you gave is yours when you come back; made if it is not there',
    );
}

/** @throws {InputError} if nothing of it could be shown */
function nameIn(text: string): string {
  const name = nickname(text);
  if (name === '') throw new InputError('--name: nothing of it can be shown: give letters or digits');
  return name;
}

/** Whose work the processes do: of one volunteer, whether or not he is kept. @throws {InputError} if the file is no good */
export function volunteerOf({ name, identity }: VolunteerFlags): Volunteer {
  const key = identity === undefined ? newKey() : keptKey(identity);
  return { key, ...(name === undefined ? {} : { name }) };
}

function newKey(): string {
  return randomBytes(16).toString('hex');
}

/** The key in a file, which is made for its owner alone. */
function keptKey(file: string): string {
  try {
    const key = newKey();
    writeFileSync(file, `${key}\n`, { flag: 'wx', mode: 0o600 });
    return key;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new InputError(`--identity ${file}: cannot be made (${code ?? message})`);
  }
  return keyIn(file);
}

function keyIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(`--identity ${file}: cannot be read (${code ?? message})`);
  }
  const [key] = /^[0-9a-f]{32}(?=\n?$)/.exec(text) ?? [];
  if (key === undefined) throw new InputError(`--identity ${file}: expected one line of 32 hexadecimal digits`);
  return key;
}
