// Weights from a file: a checkpoint, with the frozen ones that stand beside it and its adapters merged, or any safetensors file.

import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { type Vocabulary, vocabularySchema } from '../../shared/data/vocabulary.ts';
import { InputError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/job/canonical_json.ts';
import { checkpointOf, type Initialize } from '../../shared/job/initialize.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { adaptersSchema, mergeAdapters, type NamedValues } from '../../shared/model/adapters.ts';
import { readSafetensors, type SafeTensor } from '../../shared/safetensors/safetensors.ts';
import {
  checkpointStep,
  frozenDigestKey,
  frozenFileName,
  type NamedWeights,
  type WeightsFile,
  weightsForUse,
} from '../../shared/safetensors/weights.ts';
import { readDataFile } from './data_file.ts';

/**
 * The weights in a file, or in the newest checkpoint of a run's folder.
 * @throws {InputError} naming the file, and what is wrong with it.
 */
export async function readWeights(path: string): Promise<WeightsFile> {
  const file = await fileMeant(path);
  const { tensors, metadata } = await readTensors(file);
  const frozenDigest = metadata[frozenDigestKey];
  const frozen =
    frozenDigest === undefined ? [] : (await readTensors(join(dirname(file), frozenFileName(frozenDigest)))).tensors;
  const weights = withoutAdapters(weightsForUse([...tensors, ...frozen]), metadata, file);
  const vocabulary = vocabularyIn(metadata, file);
  return { file, digest: digestOf(weights), weights, ...(vocabulary && { vocabulary }) };
}

async function fileMeant(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return path;
  let newest: { readonly name: string; readonly step: number } | undefined;
  for (const name of await readdir(path)) {
    const step = checkpointStep(name);
    if (step !== undefined && step > (newest?.step ?? -1)) newest = { name, step };
  }
  if (newest === undefined) throw new InputError(`run folder ${path}: has no checkpoint (step-….safetensors)`);
  return join(path, newest.name);
}

const textFields = v.array(v.object({ vocabulary: v.optional(vocabularySchema) }));

/** That of the first field that has one. */
function vocabularyIn({ fields }: Readonly<Record<string, string>>, file: string): Vocabulary | undefined {
  if (fields === undefined) return undefined;
  const parsed = v.safeParse(textFields, parseJson(fields, `${file}: its fields`));
  return parsed.success ? parsed.output.find(({ vocabulary }) => vocabulary !== undefined)?.vocabulary : undefined;
}

const adaptedJob = v.object({ adapters: v.optional(adaptersSchema) });

/** The weights of the model without adapters, if it was trained with some. */
function withoutAdapters(
  weights: NamedWeights,
  metadata: Readonly<Record<string, string>>,
  file: string,
): NamedWeights {
  const job = metadata.job === undefined ? {} : parseJson(metadata.job, `${file}: its job`);
  const parsed = v.safeParse(adaptedJob, job);
  const adapters = parsed.success ? parsed.output.adapters : undefined;
  if (adapters === undefined) return weights;
  const values = new Map(
    [...weights].map(([name, { shape, bytes }]): [string, NamedValues] => {
      return [name, { shape, values: new Float32Array(Uint8Array.from(bytes).buffer) }];
    }),
  );
  return new Map(
    [...mergeAdapters(adapters, values)].map(([name, merged]): [string, SafeTensor] => {
      const bytes = new Uint8Array(merged.values.buffer, merged.values.byteOffset, merged.values.byteLength);
      return [name, { name, type: 'F32', shape: merged.shape, bytes }];
    }),
  );
}

async function readTensors(file: string): Promise<ReturnType<typeof readSafetensors>> {
  const bytes = await readDataFile(file);
  try {
    return readSafetensors(bytes);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${file}: ${error.message}`) : error;
  }
}

/** Over names, shapes and values, in the order of the names: the same however they stand in a file. */
function digestOf(weights: NamedWeights): string {
  const hash = createHash('sha256');
  for (const [name, { type, shape, bytes }] of [...weights].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(`${canonicalJson([name, type, shape])}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** The digest of the weights in a file, for `initialize.digest` of a job. @throws {InputError} as `readWeights`. */
export async function weightsDigest(file: string): Promise<string> {
  return (await readWeights(file)).digest;
}

/**
 * The weights that a job begins with, where it does not begin with random ones.
 * @throws {InputError} if the file cannot be read, or has other weights than the job was defined with.
 */
export async function loadInitialWeights({
  initialize,
}: {
  readonly initialize?: Initialize;
}): Promise<WeightsFile | undefined> {
  if (initialize === undefined) return undefined;
  const { digest } = initialize;
  const checkpoint = checkpointOf(initialize);
  const found = await readWeights(checkpoint);
  if (digest === undefined || found.digest === digest) return found;
  const [stated, there] = [digest, found.digest].map((one) => `${one.slice(0, 12)}…`);
  throw new InputError(
    `initialize.checkpoint: ${checkpoint} has weights of digest ${there}, the job begins with ${stated}`,
  );
}
