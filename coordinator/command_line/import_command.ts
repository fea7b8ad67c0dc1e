// `gradswarm import`: an ONNX model as a job that trains it further on the data of another job.

import { writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import type { ImportedModel } from '../../shared/onnx/import/import_onnx.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob, withPathsFrom } from '../jobs/job_files.ts';
import { readOnnxModel, weightsFile } from '../models/imported_model.ts';

export interface ImportFlags {
  /** Where data, optimizer and the rest come from. */
  readonly job: string;
  /** Overrides of that job. */
  readonly set: readonly string[];
  /** The job file to write; the weights stand beside it. */
  readonly out?: string;
}

export async function importModel(path: string, { job: name, set, out }: ImportFlags): Promise<number> {
  const given = await loadJob(name, set);
  const imported = await readOnnxModel(path, given, (await loadDataSet(given)).fields);
  const stem = resolve(out ?? basename(path).replace(/\.onnx$/, '')).replace(/\.json$/, '');
  const weights = `${stem}.safetensors`;
  const job = withPathsFrom(jobOf(given, imported, basename(stem), weights), dirname(stem));
  await writeNew(weights, weightsFile(imported));
  await writeNew(`${stem}.json`, `${JSON.stringify(job, undefined, 2)}\n`);
  const parameters = imported.weights.reduce((sum, { values }) => sum + values.length, 0);
  console.log(`${colors.bold(job.name)}  ${imported.graph.nodes.length} nodes, ${parameters} weights from ${path}`);
  console.log(`${stem}.json\n${weights}\ntrain it with: gradswarm train ${stem}.json`);
  return exitCodes.success;
}

/** The given job with another model, which holds its own loss and metrics, and begins with the imported weights. */
function jobOf(given: Job, { graph }: ImportedModel, name: string, weights: string): Job {
  const { loss: _loss, metrics: _metrics, adapters: _adapters, freeze: _freeze, description: _line, ...rest } = given;
  return parseJob({ ...rest, name, model: { graph }, initialize: { checkpoint: weights } }, 'the imported job');
}

/** @throws {InputError} if the file is there already or cannot be written. */
async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EEXIST' ? 'is there already; name another with --out' : `cannot be written (${error.code})`;
    throw new InputError(`${file}: ${reason}`);
  });
}
