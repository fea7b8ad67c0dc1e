// Models of others as jobs that train them further.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from '../../shared/errors.ts';
import { flatten } from '../../shared/model/layers/registered_layers.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { weightsDigest } from '../data/weights_file.ts';
import { readOnnxModel, weightsFile } from '../models/imported_model.ts';
import { type DefinedJob, defineJob, type JobDefinition, parseDefinition } from './define_job.ts';

/**
 * A job without a model: that is imported. `loss` and `metrics` are what it is trained by; what suits the labels, if left out.
 * `adapters` and `freeze` mean the imported model’s tensors, which have the names that the file gives them.
 */
export interface ImportedJobDefinition extends Omit<JobDefinition, 'model' | 'initialize'> {
  /** Where its weights are written, a safetensors file that is not there yet: the job begins with it. */
  readonly weights: string;
}

/**
 * Makes a job of an ONNX model of one input and one output, as `gradswarm import` does.
 *
 * ```ts
 * const job = await importModel('net.onnx', { name: 'net', data, weights: 'net.safetensors', optimizer, batchSize: 32, epochs: 5 });
 * await train(job).result;
 * ```
 * @param file an ONNX file.
 * @throws {InputError} naming the operators that have no counterpart, or what of the data or the job does not fit.
 */
export async function importModel(file: string, definition: ImportedJobDefinition): Promise<DefinedJob> {
  const { weights, loss, metrics, adapters, freeze, ...rest } = definition;
  const { data, directory = '.' } = rest;
  // What the job states besides its model is checked before anything is written.
  const standIn = { model: [flatten()], loss: loss ?? ('mean-squared-error' as const), ...(metrics && { metrics }) };
  const { job, dataSet } = parseDefinition({ ...rest, ...standIn });
  const { fields } = dataSet ?? (await loadDataSet(job));
  const end = { ...(loss && job.loss && { loss: job.loss }), ...(job.metrics && { metrics: job.metrics }) };
  const imported = await readOnnxModel(file, end, fields);
  const checkpoint = resolve(directory, weights);
  await writeNew(checkpoint, weightsFile(imported));
  const initialize = { checkpoint, digest: await weightsDigest(checkpoint) };
  const tuning = { ...(adapters && { adapters }), ...(freeze && { freeze }) };
  return defineJob({ ...rest, ...tuning, data, model: imported.graph, initialize });
}

async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(file, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EEXIST' ? 'is there already' : `cannot be written (${error.code ?? error.message})`;
    throw new InputError(`weights: ${file}: ${reason}`);
  });
}
