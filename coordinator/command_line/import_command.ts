// `gradswarm import`: an ONNX model as a job that trains it further on the data of another job.

import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import colors from 'picocolors';
import { InputError } from '../../shared/errors.ts';
import { bytesOf } from '../../shared/export/weights.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { decodeOnnx } from '../../shared/onnx/decode_onnx.ts';
import { type ImportedModel, importOnnx } from '../../shared/onnx/import/import_onnx.ts';
import { writeSafetensors } from '../../shared/safetensors/safetensors.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { loadJob, withPathsFrom } from '../jobs/job_files.ts';

export interface ImportFlags {
  /** Where data, optimizer and the rest come from. */
  readonly job: string;
  /** Overrides of that job. */
  readonly set: readonly string[];
  /** The job file to write; the weights stand beside it. */
  readonly out?: string;
}

export async function importModel(path: string, { job: name, set, out }: ImportFlags): Promise<number> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: ${error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`}`);
  });
  const given = await loadJob(name, set);
  const imported = importFor(path, bytes, given, (await loadDataSet(given)).fields);
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

/** @throws {InputError} naming the file. */
function importFor(
  path: string,
  bytes: Uint8Array,
  { loss, metrics }: Job,
  fields: Parameters<typeof describeFields>[0],
): ImportedModel {
  try {
    return importOnnx(decodeOnnx(bytes), { ...describeFields(fields), loss, metrics });
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error;
  }
}

function describeFields([features, labels]: Awaited<ReturnType<typeof loadDataSet>>['fields']) {
  if (features !== undefined && labels !== undefined) return { features, labels };
  throw new InputError('import: needs a job whose data have features and labels');
}

/** The given job with another model, which holds its own loss and metrics, and begins with the imported weights. */
function jobOf(given: Job, { graph }: ImportedModel, name: string, weights: string): Job {
  const { loss: _loss, metrics: _metrics, adapters: _adapters, freeze: _freeze, description: _line, ...rest } = given;
  return parseJob({ ...rest, name, model: { graph }, initialize: { checkpoint: weights } }, 'the imported job');
}

function weightsFile({ weights }: ImportedModel): Uint8Array {
  const tensors = weights.map(({ name, shape, values }) => {
    return { name, type: 'F32', shape, bytes: bytesOf(values) } as const;
  });
  return writeSafetensors({ tensors, metadata: { format: 'gradswarm weights' } });
}

/** @throws {InputError} if the file is there already or cannot be written. */
async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EEXIST' ? 'is there already; name another with --out' : `cannot be written (${error.code})`;
    throw new InputError(`${file}: ${reason}`);
  });
}
