// Checkpoints: one safetensors file with the parameters by name, the optimizer's state, and in its metadata everything
// needed to go on, or to evaluate, without any other file. Frozen weights, which never change, stand in one of their own
// beside all checkpoints of a run.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { DataSet } from '../../shared/data/data_set.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { vocabularySchema } from '../../shared/data/vocabulary.ts';
import { shapeSchema } from '../../shared/engine/graph.ts';
import { InputError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/job/canonical_json.ts';
import { type Job, jobDigest, parseJob } from '../../shared/job/job.ts';
import { maximumJudgedEpochs } from '../../shared/job/limits.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { readSafetensors, type SafeTensor, writeSafetensors } from '../../shared/safetensors/safetensors.ts';
import { averagePrefix, bestPrefix, frozenDigestKey, optimizerPrefix } from '../../shared/safetensors/weights.ts';
import type { ModelState } from '../computation/model_state.ts';
import type { EpochRecord } from '../training/evaluation.ts';
import { bestEpoch } from '../training/validation.ts';
import { flatOf, inFile, tensorBytes } from './checkpoint_tensors.ts';

/** Raised when a reader of an earlier version could misread the file. */
const formatVersion = '2';

/** What a checkpoint says besides its numbers. */
export interface CheckpointDescription {
  readonly job: Job;
  readonly step: number;
  /** SHA-256 of the data set the parameters were trained on. */
  readonly dataDigest: string;
  /** What each of its samples has, so that the model can be used without the data. */
  readonly fields: readonly FieldSpecification[];
  /** SHA-256 of the flat parameters. */
  readonly parametersDigest: string;
  /** SHA-256 of the frozen weights, where the job has some. */
  readonly frozenDigest?: string;
  readonly history: readonly EpochRecord[];
}

export interface Checkpoint extends CheckpointDescription {
  /** Frozen ones too, once they have been read. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

const measurementSchema = v.object({
  loss: v.number(),
  metrics: v.record(v.string(), v.number()),
  samples: v.number(),
});

const metadataSchema = v.object({
  format: v.literal('gradswarm checkpoint'),
  version: v.literal(formatVersion),
  job: v.string(),
  jobDigest: v.string(),
  dataDigest: v.string(),
  fields: v.string(),
  parametersDigest: v.string(),
  [frozenDigestKey]: v.exactOptional(v.string()),
  step: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
  history: v.string(),
  checksum: v.string(),
});

const fieldsSchema = v.array(
  v.object({
    name: v.string(),
    type: v.picklist(['u8', 'i32', 'f32']),
    shape: shapeSchema,
    classes: v.exactOptional(v.number()),
    classNames: v.exactOptional(v.array(v.string())),
    positionNames: v.exactOptional(v.array(v.string())),
    standardization: v.exactOptional(v.object({ mean: v.array(v.number()), deviation: v.array(v.number()) })),
    ignored: v.exactOptional(v.number()),
    vocabulary: v.exactOptional(vocabularySchema),
  }),
);

const historySchema = v.array(
  v.object({
    epoch: v.number(),
    step: v.number(),
    evaluation: v.object({
      training: v.exactOptional(measurementSchema),
      validation: v.exactOptional(measurementSchema),
      test: v.exactOptional(measurementSchema),
    }),
  }),
);

/** @throws {InputError} if it could not be read back. */
export function encodeCheckpoint(
  state: ModelState,
  description: Omit<CheckpointDescription, 'parametersDigest' | 'frozenDigest'>,
): Uint8Array {
  const { job, step, dataDigest, fields, history } = description;
  const tensors = tensorsOf(state);
  const metadata = {
    format: 'gradswarm checkpoint',
    version: formatVersion,
    job: JSON.stringify(job),
    jobDigest: jobDigest(job),
    dataDigest,
    fields: JSON.stringify(fields),
    parametersDigest: state.parametersDigest,
    ...(state.frozenDigest === undefined ? {} : { [frozenDigestKey]: state.frozenDigest }),
    step: String(step),
    history: JSON.stringify(keptHistory(history)),
  };
  const whole = { ...metadata, checksum: checksumOf(tensors, metadata) };
  // Whatever could not be read back is not written: a number that JSON lacks, above all.
  readMetadata(whole, `of step ${step}`);
  return writeSafetensors({ tensors, metadata: whole });
}

/** At some 400 bytes each far within what a header may have: the newest epochs, and the best: all of them, in any run that is not very long. */
function keptHistory(history: readonly EpochRecord[]): readonly EpochRecord[] {
  const best = bestEpoch(history);
  return history.filter((epoch, index) => epoch === best || index >= history.length - maximumJudgedEpochs);
}

/** The weights by name and the optimizer's state: views of the engine's memory. */
function tensorsOf({ engine, replica, optimizer, weights }: ModelState): readonly SafeTensor[] {
  const named = (prefix: string, flat: Uint8Array | undefined) =>
    flat === undefined
      ? []
      : replica.layout.tensors.map(({ name, shape, offset, elements }): SafeTensor => {
          const bytes = flat.subarray(4 * offset, 4 * (offset + elements));
          return { name: `${prefix}${name}`, type: 'F32', shape, bytes };
        });
  const tensors = [
    ...named('', weights.trained),
    ...named(averagePrefix, weights.averaged),
    ...named(bestPrefix, weights.best),
  ];
  for (const { name, pointer } of optimizer.state) {
    const { trainable } = replica.layout;
    const bytes = engine.bytes(pointer, 4 * trainable);
    tensors.push({ name: `${optimizerPrefix}${name}`, type: 'F32', shape: [trainable], bytes });
  }
  return tensors;
}

/** SHA-256 (hexadecimal) over the metadata and every tensor: a flipped bit anywhere is found. */
function checksumOf(tensors: readonly SafeTensor[], metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(canonicalJson(metadata));
  for (const { name, bytes } of tensors) hash.update(name).update(bytes);
  return hash.digest('hex');
}

/** @throws {InputError} naming the file and what is wrong with it. */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = inFile(file, () => readSafetensors(bytes));
  const description = readMetadata(metadata, file);
  const { checksum, ...checked } = metadata;
  if (checksum !== checksumOf(tensors, checked)) {
    throw new InputError(`checkpoint ${file}: damaged: its content does not have the checksum it states`);
  }
  return { ...description, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

/** @throws {InputError} naming the file and the first part that is wrong. */
function readMetadata(metadata: Readonly<Record<string, string>>, file: string): CheckpointDescription {
  const parsed = v.safeParse(metadataSchema, metadata);
  if (!parsed.success) {
    const path = v.getDotPath(parsed.issues[0]) ?? 'metadata';
    throw new InputError(
      `checkpoint ${file}: not a gradswarm checkpoint of version ${formatVersion} (metadata: ${path})`,
    );
  }
  const { job: jobText, jobDigest: digest, history: historyText, fields: fieldsText, ...stated } = parsed.output;
  const job = parseJob(parseJson(jobText, `checkpoint ${file}: its job`), file);
  if (jobDigest(job) !== digest) throw new InputError(`checkpoint ${file}: its job does not have the digest it states`);
  const history = v.safeParse(historySchema, parseJson(historyText, `checkpoint ${file}: its history`));
  if (!history.success) throw new InputError(`checkpoint ${file}: its history is malformed`);
  const fields = v.safeParse(fieldsSchema, parseJson(fieldsText, `checkpoint ${file}: its list of fields`));
  if (!fields.success) throw new InputError(`checkpoint ${file}: its list of fields is malformed`);
  const { step, dataDigest, parametersDigest, frozenDigest } = stated;
  const description = { job, step, dataDigest, fields: fields.output, parametersDigest, history: history.output };
  return frozenDigest === undefined ? description : { ...description, frozenDigest };
}

/** @throws {InputError} if the data set is not the one that the checkpoint's parameters were trained on. */
export function requireSameData({ dataDigest }: Checkpoint, { digest }: DataSet, file: string): void {
  if (dataDigest === digest) return;
  throw new InputError(
    `checkpoint ${file}: was trained on data ${dataDigest.slice(0, 12)}…, the job's data are ${digest.slice(0, 12)}…`,
  );
}

/**
 * Puts a checkpoint's parameters and optimizer state into the model.
 * @throws {InputError} if a tensor is missing or of another shape.
 */
export function restoreCheckpoint(state: ModelState, checkpoint: Checkpoint, file: string): void {
  const { engine, replica, optimizer } = state;
  const { tensors, frozen, total, frozenTotal } = replica.layout;
  const flat = (prefix: string) => {
    const placed = tensors.map((tensor) => ({ ...tensor, name: `${prefix}${tensor.name}` }));
    return new Uint8Array(flatOf(checkpoint.tensors, placed, total, file).buffer);
  };
  const { averaged } = state.weights;
  state.weights.restore(flat(''), averaged === undefined ? undefined : flat(averagePrefix));
  const hasBest = tensors.every(({ name }) => checkpoint.tensors.has(`${bestPrefix}${name}`));
  if (hasBest) state.weights.setBest(flat(bestPrefix));
  state.setFrozen(new Uint8Array(flatOf(checkpoint.tensors, frozen, frozenTotal, file).buffer));
  for (const { name, pointer } of optimizer.state) {
    const bytes = tensorBytes(checkpoint.tensors, `${optimizerPrefix}${name}`, [replica.layout.trainable], file);
    engine.bytes(pointer, bytes.length).set(bytes);
  }
}

/** The first tensor, of parameters and optimizer state, that a checkpoint has otherwise than the model. */
export function otherTensor(state: ModelState, checkpoint: Checkpoint): string | undefined {
  for (const { name, shape, bytes } of tensorsOf(state)) {
    const found = checkpoint.tensors.get(name);
    if (found === undefined || found.shape.join() !== shape.join()) return name;
    if (Buffer.compare(found.bytes, bytes) !== 0) return name;
  }
  return undefined;
}
