// Jobs by name or file.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, parse, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withPaths } from '../../shared/data/sources/source_registry.ts';
import { InputError } from '../../shared/errors.ts';
import { withCheckpointAt } from '../../shared/job/initialize.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { applyOverrides } from '../../shared/job/overrides.ts';
import { suggestion } from '../../shared/job/suggestions.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { readWeights } from '../data/weights_file.ts';

const extension = '.json';

/**
 * Loads a built-in job by its name, or a job file by its path, and applies overrides (`path=value`) to it. Relative paths
 * in a job file start at its folder, those in overrides at the working directory; in the loaded job all are absolute.
 * A job that begins with weights from a file states the file and their digest afterwards.
 * @throws {InputError} naming the known jobs, or the file, line, column or field that is wrong.
 */
export async function loadJob(nameOrPath: string, overrides: readonly string[] = []): Promise<Job> {
  const names = await builtInNames();
  const isFile = nameOrPath.endsWith(extension) || nameOrPath.includes('/') || nameOrPath.includes('\\');
  if (!isFile && !names.includes(nameOrPath)) {
    throw new InputError(
      `job ${nameOrPath}: no such job${suggestion(nameOrPath, names)}; built-in jobs are ${names.join(', ')}, a job file's name ends in ${extension}`,
    );
  }
  const file = isFile ? nameOrPath : builtInFile(nameOrPath);
  const job = await readJob(file);
  return withWeightsDigest(overrideJob(withPathsOf(job, dirname(file)), overrides));
}

/** The job with paths that start at a folder. */
function withPathsOf(job: Job, folder: string): Job {
  return withChangedPaths(job, (path) => resolve(folder, path));
}

/** The job as a job file in a folder states it: its paths, absolute until now, start there. */
export function withPathsFrom(job: Job, folder: string): Job {
  return withChangedPaths(job, (path) => relative(folder, path).split(sep).join('/'));
}

function withChangedPaths({ initialize, ...job }: Job, change: (path: string) => string): Job {
  const data = withPaths(job.data, change);
  if (initialize === undefined) return { ...job, data };
  return { ...job, data, initialize: withCheckpointAt(initialize, change) };
}

async function withWeightsDigest(job: Job): Promise<Job> {
  const { initialize } = job;
  if (initialize?.checkpoint === undefined || initialize.digest !== undefined) return job;
  const { file, digest } = await readWeights(initialize.checkpoint);
  return { ...job, initialize: { ...initialize, checkpoint: file, digest } };
}

/**
 * Applies overrides (`path=value`) to a job whose paths are absolute; they are afterwards, too.
 * @throws {InputError} naming the override that is wrong.
 */
export function overrideJob(job: Job, overrides: readonly string[]): Job {
  return withPathsOf(applyOverrides(job, overrides), '.');
}

/** The built-in jobs, by name. */
export async function listBuiltInJobs(): Promise<readonly { readonly name: string; readonly description: string }[]> {
  const jobs = await Promise.all((await builtInNames()).map((name) => readJob(builtInFile(name))));
  return jobs.map(({ name, description = '' }) => ({ name, description }));
}

async function readJob(file: string): Promise<Job> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `job file ${file}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code ?? error.message})`}`,
    );
  });
  return parseJob(parseJson(text.replace(/^\ufeff/, ''), file), file);
}

async function builtInNames(): Promise<readonly string[]> {
  const files = await readdir(builtInFolder());
  return files
    .filter((file) => file.endsWith(extension))
    .map((file) => basename(file, extension))
    .sort();
}

function builtInFile(name: string): string {
  return join(builtInFolder(), `${name}${extension}`);
}

/**
 * `coordinator/jobs` in the package's root, which is found upwards from here: this file runs from `coordinator/` in the
 * tests and from `dist/coordinator/` otherwise, and the jobs are not compiled.
 */
function builtInFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (folder !== parse(folder).root) {
    const jobs = join(folder, 'coordinator', 'jobs');
    if (existsSync(join(folder, 'package.json')) && existsSync(jobs)) return jobs;
    folder = dirname(folder);
  }
  throw new Error('the package is incomplete: it has no folder coordinator/jobs');
}
