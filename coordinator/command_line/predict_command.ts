// `gradswarm predict`: what a checkpoint's model gives for samples in files.

import type { CsvOptions } from '../../shared/data/csv.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { buildModel } from '../../shared/engine/model.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { neededNodes } from '../../shared/export/needed_nodes.ts';
import { jobGraph } from '../../shared/job/job.ts';
import { type OutputMeaning, withMeaning } from '../../shared/model/outputs.ts';
import { exitCodes } from '../../shared/node/exit_codes.ts';
import { enableRelaxedSimd } from '../../shared/node/relaxed_simd.ts';
import { printWarning } from '../../shared/node/terminal.ts';
import { readSamples } from '../data/read_samples.ts';
import { replicaOf } from '../records/checkpoint_replica.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';
import { formatTable } from './table.ts';

export interface PredictFlags {
  /** A line of JSON for each sample, in place of a table. */
  readonly json?: boolean;
}

/** What is printed of one sample. */
interface PredictedSample {
  readonly sample: string;
  /** The likeliest class. */
  readonly class?: string;
  readonly probability?: number;
  /** By class, label or output. */
  readonly outputs: Readonly<Record<string, number>>;
}

export async function predict(path: string, files: readonly string[], { json = false }: PredictFlags): Promise<number> {
  const found = await openCheckpoint(path);
  for (const reason of found.damaged) printWarning(reason);
  const model = await openModel(found);
  const predicted: PredictedSample[] = [];
  for (const file of files) predicted.push(...(await model(file)));
  if (json) for (const sample of predicted) console.log(JSON.stringify(sample));
  else console.log(tableOf(predicted));
  return exitCodes.success;
}

/** What predicts the samples of a file. */
async function openModel(found: FoundCheckpoint): Promise<(file: string) => Promise<readonly PredictedSample[]>> {
  const { job, fields } = found.checkpoint;
  const [features, labels] = fields;
  const { graph, meaning } = withMeaning(jobGraph(job, { fields }));
  const { prediction, ...model } = buildModel(graph);
  requireFeatures(
    found.file,
    features,
    neededNodes({ ...model, prediction }).inputs.map(({ name }) => name),
  );
  enableRelaxedSimd();
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

function outputNames(labels: FieldSpecification | undefined, outputs: number): readonly string[] {
  const names = labels?.classNames ?? labels?.positionNames;
  return names?.length === outputs ? names : Array.from({ length: outputs }, (_, output) => String(output));
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

/** Classes with their probability; of labels and values, all of them. */
function tableOf(predicted: readonly PredictedSample[]): string {
  const [first] = predicted;
  if (first === undefined) return 'no samples';
  if (first.class !== undefined) {
    const rows = predicted.map(({ sample, class: likeliest = '', probability = 0 }) => {
      return [sample, likeliest, probability.toFixed(4)];
    });
    return formatTable(['sample', 'class', 'probability'], rows, 2);
  }
  const names = Object.keys(first.outputs);
  const rows = predicted.map(({ sample, outputs }) => [sample, ...names.map((name) => digits(outputs[name]))]);
  return formatTable(['sample', ...names.map((name) => (/^\d+$/.test(name) ? `output ${name}` : name))], rows);
}

function digits(value = Number.NaN): string {
  return String(Number(value.toPrecision(6)));
}
