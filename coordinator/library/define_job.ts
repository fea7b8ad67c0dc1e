// Jobs as programs write them: what a job file states, and data in memory besides.

import { resolve } from 'node:path';
import type { DataSet } from '../../shared/data/data_set.ts';
import { memorySource } from '../../shared/data/sources/memory.ts';
import { withPaths } from '../../shared/data/sources/source_registry.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { withCheckpointAt } from '../../shared/job/initialize.ts';
import { type Job, jobDigest, jobGraph, parseJob } from '../../shared/job/job.ts';
import type { JobInput } from '../../shared/job/job_schema.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { loadDataSet } from '../data/data_sources.ts';

/** Everything that determines a run’s result. What is left out gets the default of a job file. */
export interface JobDefinition {
  /** At most 64 letters, digits, `.`, `_` or `-`; run folders are named after it. Not part of the job’s identity. */
  readonly name: string;
  /** For people. Not part of the job’s identity. */
  readonly description?: string;
  /**
   * What to train on: a data set in memory, from `dataSetFromArrays` or `dataSetFromSamples`; or files, as a job file
   * states them, like `{ source: 'mnist' }` or `{ source: 'idx', trainingImages: … }`.
   */
  readonly data: DataSet | JobInput['data'];
  /** What relative paths in `data` start at; the current folder if left out. */
  readonly directory?: string;
  /** Layers, like `[dense(100), relu(), dense(10)]`, which need a `loss`; or a graph of a `GraphBuilder`, which has its own. */
  readonly model: readonly Layer[] | Graph;
  /** What the last layer’s outputs are measured by: `softmax-cross-entropy` for classes, `binary-cross-entropy` for labels that apply or not, `mean-squared-error`, `huber`, `sum-of-squared-errors` for numbers. */
  readonly loss?: JobInput['loss'];
  /**
   * Weights to begin with: `checkpoint`, a file or a run's folder, `digest`, which `weightsDigest(file)` gives, and `except`, patterns of the
   * names of tensors that begin with random values all the same.
   */
  readonly initialize?: JobInput['initialize'];
  /** Low-rank adapters to train in the place of the weights, like `{ kind: 'lora', rank: 4, alpha: 8, targets: ['*.weight'] }`. */
  readonly adapters?: JobInput['adapters'];
  /** Patterns of the names of tensors that training leaves as they are, like `['conv*']`. */
  readonly freeze?: JobInput['freeze'];
  /** What is reported beside the loss, like `['accuracy', { kind: 'top-k-accuracy', k: 5 }]`; what suits loss and labels, if left out. */
  readonly metrics?: JobInput['metrics'];
  /** Like `{ kind: 'sgd', learningRate: 0.1, momentum: 0.9 }`. */
  readonly optimizer: JobInput['optimizer'];
  /** How the learning rate changes, like `{ kind: 'linear', finalLearningRate: 0.001 }`; constant if left out. */
  readonly schedule?: JobInput['schedule'];
  /** Ends the job once its validation loss has not fallen for so many epochs, like `{ patience: 3 }`. */
  readonly earlyStopping?: JobInput['earlyStopping'];
  /** Measures and gives an exponential moving average of the weights, like `{ decay: 0.999 }`. */
  readonly averageWeights?: JobInput['averageWeights'];
  /** `shuffle`, the default: each epoch is a permutation of the training set; `random`: each step draws from all of it. */
  readonly batching?: JobInput['batching'];
  /** Samples of a step. */
  readonly batchSize: number;
  /** Samples of the atom of work and of rounding: workers share out a step’s microbatches. 25 if left out. */
  readonly microbatchSize?: number;
  /** How often to pass over the training set; give this or `steps`. */
  readonly epochs?: number;
  /** How many steps to train; give this or `epochs`. */
  readonly steps?: number;
  /** Where all randomness comes from, a whole number from 0 to 2^53 − 1; 1 if left out. */
  readonly seed?: number;
  /** `portable`, the default: the same bits on every machine; `fused`: faster, the same bits on machines that fuse. */
  readonly numerics?: JobInput['numerics'];
}

/** A job that was checked, with every default filled in. */
export interface DefinedJob {
  /** What a job file would state. */
  readonly job: Job;
  /** The job’s identity: SHA-256 (hexadecimal) of everything but its name and description. */
  readonly digest: string;
  /** The data set: the one in memory, or read from the job’s files anew. Rejects with an `InputError` naming the file. */
  readonly loadData: () => Promise<DataSet>;
}

/**
 * Checks a job and fills its defaults in. With data in memory the model is checked against it too.
 * @throws {InputError} naming the field that is wrong and what would be right, or the layer that does not fit.
 */
export function defineJob(definition: JobDefinition): DefinedJob {
  const { job, dataSet } = parseDefinition(definition);
  if (dataSet !== undefined) jobGraph(job, dataSet);
  const loadData = async () => dataSet ?? loadDataSet(job);
  return { job, digest: jobDigest(job), loadData };
}

/**
 * The job, its paths absolute, and its data set if that is in memory; whether they fit together is not looked at.
 * @throws {InputError} naming the field that is wrong and what would be right.
 */
export function parseDefinition(definition: JobDefinition): {
  readonly job: Job;
  readonly dataSet: DataSet | undefined;
} {
  const { data, directory = '.', model, ...fields } = definition;
  const dataSet = 'digest' in data && 'fields' in data ? data : undefined;
  const stated = {
    ...fields,
    data: dataSet === undefined ? data : memorySource(dataSet),
    model: Array.isArray(model) ? { layers: model } : { graph: model },
  };
  const parsed = parseJob(stated, `job ${String(definition.name)}`);
  const { initialize } = parsed;
  const job = {
    ...parsed,
    data: withPaths(parsed.data, (path) => resolve(directory, path)),
    ...(initialize && { initialize: withCheckpointAt(initialize, (path) => resolve(directory, path)) }),
  };
  return { job, dataSet };
}
