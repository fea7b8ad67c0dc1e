// Jobs by name or by file: the built-in ones are JSON files in `coordinator/jobs/`, in the source tree and in the
// published package alike.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../shared/errors.ts';
import { applyOverrides, type Job, parseJob } from '../shared/job/job.ts';

export interface LoadedJob {
  readonly job: Job;
  /** What paths in the job are relative to. */
  readonly directory: string;
}

/** Beside this module in the source tree; `../../coordinator/jobs` from where it is built. */
const builtInFolder = ['./jobs', '../../coordinator/jobs']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((folder) => existsSync(join(folder, 'mnist-mlp.json')));

/** @throws {InputError} if there is no such job, or naming what is wrong with it. */
export async function loadJob(nameOrFile: string, overrides: readonly string[]): Promise<LoadedJob> {
  const file = nameOrFile.endsWith('.json') ? resolve(nameOrFile) : await builtInFile(nameOrFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`job file ${nameOrFile}: cannot be read (${error.code ?? error.message})`);
  });
  const job = parseJob(applyOverrides(parseJsonFile(text, nameOrFile), overrides), nameOrFile);
  return { job, directory: dirname(file) };
}

/** The built-in jobs, sorted by name. */
export async function listBuiltInJobs(): Promise<readonly { readonly name: string; readonly description: string }[]> {
  const names = await builtInNames();
  return Promise.all(
    names.map(async (name) => {
      const { job } = await loadJob(name, []);
      return { name, description: job.description ?? '' };
    }),
  );
}

async function builtInFile(name: string): Promise<string> {
  const names = await builtInNames();
  if (builtInFolder === undefined || !names.includes(name)) {
    throw new InputError(`there is no job ${name}; built in are ${names.join(', ')}; a job file's name ends in .json`);
  }
  return join(builtInFolder, `${name}.json`);
}

async function builtInNames(): Promise<readonly string[]> {
  if (builtInFolder === undefined) throw new Error('the built-in jobs are missing from this installation');
  const files = await readdir(builtInFolder);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/** @throws {InputError} naming the line and column of the mistake, where the JSON parser tells them. */
function parseJsonFile(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, position).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new InputError(
      `job file ${file}: not JSON at line ${before.length}, column ${column}: ${message.split(' in JSON')[0]}`,
    );
  }
}
