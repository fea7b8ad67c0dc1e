// What a checkpoint's model says of the samples in files: classes with their probability, or values.

import type { CsvOptions } from '../../shared/data/csv.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { neededNodes } from '../../shared/export/needed_nodes.ts';
import { jobGraph } from '../../shared/job/job.ts';
import { type OutputMeaning, withMeaning } from '../../shared/model/outputs.ts';
import { outputNames } from '../../shared/model/takes_and_gives.ts';
import { readSamples } from '../data/read_samples.ts';
import { replicaOf } from '../records/checkpoint_replica.ts';
import type { FoundCheckpoint } from '../records/run_folder.ts';

/** What a model says of one sample. */
export interface PredictedSample {
  /** The file, and the row or number in it where it holds several. */
  readonly sample: string;
  /** The likeliest class, where there are classes. */
  readonly class?: string;
  /** Of that class, from 0 to 1. */
  readonly probability?: number;
  /** By class, label or output: probabilities, or values. */
  readonly outputs: Readonly<Record<string, number>>;
}

/** Gives what the model says of each sample of a file. @throws {InputError} naming the file, and what of it the model cannot take. */
export type SamplePredictor = (file: string) => Promise<readonly PredictedSample[]>;

/** @throws {InputError} if the model takes anything but features. */
export async function openSamplePredictor(found: FoundCheckpoint): Promise<SamplePredictor> {
  const { job, fields } = found.checkpoint;
  const [features, labels] = fields;
  const { graph, meaning } = withMeaning(jobGraph(job, { fields }));
  const { prediction, ...model } = buildModel(graph);
  requireFeatures(
    found.file,
    features,
    neededNodes({ ...model, prediction }).inputs.map(({ name }) => name),
  );
  const replica = await replicaOf(found, graph);
  const names = outputNames(labels, elementsOf(prediction.shape));
  const options = job.data as CsvOptions;
  return async (file) => {
    const samples = await readSamples(file, features, options);
    const values = replica.predict({ count: samples.names.length, fields: [samples.bytes] });
    return samples.names.map((sample, at) => {
      return describe(sample, values.subarray(at * names.length, (at + 1) * names.length), names, meaning);
    });
  };
}

function requireFeatures(
  file: string,
  features: FieldSpecification | undefined,
  needed: readonly string[],
): asserts features is FieldSpecification {
  if (features?.vocabulary !== undefined) {
    throw new InputError(`checkpoint ${file}: its model continues texts: use gradswarm generate`);
  }
  if (features !== undefined && needed.every((name) => name === features.name)) return;
  throw new InputError(`checkpoint ${file}: its model takes ${needed.join(', ')}, not features alone`);
}

function describe(
  sample: string,
  values: Float32Array,
  names: readonly string[],
  meaning: OutputMeaning,
): PredictedSample {
  const outputs = Object.fromEntries([...values].map((value, at) => [names[at] ?? at, value]));
  if (meaning !== 'probabilities') return { sample, outputs };
  const probability = Math.max(...values);
  return { sample, class: names[values.indexOf(probability)] ?? '', probability, outputs };
}
