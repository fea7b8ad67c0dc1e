// How this program is called in the commands that it prints for people to copy.

import { existsSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The entry of the built program. */
const entry = fileURLToPath(new URL('./main.js', import.meta.url));

export interface ProgramPlace {
  /** The program's entry. */
  readonly entry: string;
  /** The working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

/** `gradswarm` where a shell finds it, else what starts it here. */
export function nameOfProgram({ entry, folder, environment, exists }: ProgramPlace): string {
  // npm puts folders in front that a person's shell does not have.
  const folders = (environment.PATH ?? '').split(delimiter).filter((path) => !/[\\/]node_modules[\\/]/.test(path));
  const isNpx = environment.npm_command === 'exec';
  if (!isNpx && folders.some((path) => exists(join(path, 'gradswarm')))) return 'gradswarm';
  if (isNpx || /[\\/]node_modules[\\/]/.test(entry)) return 'npx gradswarm';
  return `node ${shellWord(relative(folder, entry))}`;
}

export function programName(): string {
  return nameOfProgram({ entry, folder: process.cwd(), environment: process.env, exists: existsSync });
}

/** A word of a command line, quoted where a shell would take it apart. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
