// A trained model, taken from a checkpoint: predictions, texts and measurements in this process, and files for others.

import type { DataSet } from '../../shared/data/data_set.ts';
import type { FieldValues } from '../../shared/data/memory_data_set.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { sha256Hex } from '../../shared/digest/sha256.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { buildModel } from '../../shared/engine/model.ts';
import type { Replica } from '../../shared/engine/replica.ts';
import { elementsOf, lastOf, shapeText } from '../../shared/engine/shape.ts';
import { InputError } from '../../shared/errors.ts';
import { type Job, jobGraph } from '../../shared/job/job.ts';
import { evaluate } from '../computation/own_computation.ts';
import { TrainingData } from '../computation/training_data.ts';
import { loadDataSet } from '../data/data_sources.ts';
import { exportFiles, requireFormat } from '../models/exported_files.ts';
import { generateText, type TextRequest } from '../models/generated_text.ts';
import { openSamplePredictor, type PredictedSample } from '../models/predicted_samples.ts';
import { defaultText } from '../models/text_bounds.ts';
import { replicaOf } from '../records/checkpoint_replica.ts';
import { type FoundCheckpoint, openCheckpoint } from '../records/run_folder.ts';
import type { EpochRecord, Evaluation } from '../training/evaluation.ts';

/** Values for a number of samples. */
export interface Prediction {
  /** Row-major, sample after sample. */
  readonly values: Float32Array;
  /** `[samples, …]`, the rest being the shape of one sample’s output. */
  readonly shape: readonly number[];
}

/** What a model’s outputs are: `logits`, which a softmax makes probabilities, or `values`, to be taken as they are. */
export type OutputKind = 'logits' | 'values';

/** How a text is generated; what is left out is as with `gradswarm generate`. */
export type GenerateOptions = Partial<Omit<TextRequest, 'prompt'>>;

/** A file of an exported model. */
export interface ModelFile {
  /** Like `my-model.onnx`. */
  readonly name: string;
  /** What is in it. */
  readonly bytes: Uint8Array;
}

/**
 * Loads a model from a checkpoint, or from the newest checkpoint of a run’s folder. The data it was trained on is not
 * needed.
 * @param path a `step-….safetensors` file or a run’s folder.
 * @throws {InputError} if there is no such file, or it is damaged.
 */
export async function loadModel(path: string): Promise<TrainedModel> {
  const found = await openCheckpoint(path);
  const { job, fields } = found.checkpoint;
  const graph = jobGraph(job, { fields });
  return new TrainedModel(found, graph, await replicaOf(found, graph));
}

/** A model with the parameters of a checkpoint; made by `loadModel`. */
export class TrainedModel {
  /** The checkpoint’s file. */
  readonly file: string;
  /** The job that it was trained by. */
  readonly job: Job;
  /** Steps that it was trained for. */
  readonly step: number;
  /** SHA-256 (hexadecimal) of its flat parameters: those of the best epoch or their average, where the job keeps these. */
  readonly parametersDigest: string;
  /** What was measured at the end of each epoch so far. */
  readonly history: readonly EpochRecord[];
  /** What each sample of its data has: the features first, labels or targets second. */
  readonly fields: readonly FieldSpecification[];
  /** Of one sample’s output, like `[10]`. */
  readonly outputShape: readonly number[];
  /** What `predict` gives: logits if the loss is cross-entropy on them, otherwise values as they are. */
  readonly outputs: OutputKind;
  readonly #found: FoundCheckpoint;
  readonly #graph: Graph;
  readonly #replica: Replica;
  #softmax: Promise<Replica> | undefined;

  /** See `loadModel`. */
  constructor(found: FoundCheckpoint, graph: Graph, replica: Replica) {
    const { job, step, history, fields } = found.checkpoint;
    this.file = found.file;
    this.job = job;
    this.step = step;
    this.parametersDigest = sha256Hex(bytesOf(replica.readParameters()));
    this.history = history;
    this.fields = fields;
    this.outputShape = buildModel(graph).prediction.shape;
    this.outputs = measuresLogits(graph) ? 'logits' : 'values';
    this.#found = found;
    this.#graph = graph;
    this.#replica = replica;
  }

  /**
   * The model’s outputs as they are: for a classifier made of layers one logit for each class, not probabilities.
   * @param features samples one after the other, row-major, in the type and shape of `fields[0]`: bytes 0 to 255, where
   *   it was trained on bytes.
   * @throws {InputError} if they are of another type, or not whole samples.
   */
  predict(features: FieldValues): Prediction {
    return this.#predictBy(this.#replica, features);
  }

  /**
   * A probability for each class: the softmax of the logits, computed by the engine.
   * @param features as for `predict`.
   * @throws {InputError} if the model’s outputs are not logits: a softmax would make no sense of them.
   */
  async probabilities(features: FieldValues): Promise<Prediction> {
    if (this.outputs !== 'logits') {
      throw new InputError('probabilities: the model was not trained by cross-entropy; use predict for its outputs');
    }
    this.#softmax ??= replicaOf(this.#found, withSoftmax(this.#graph));
    return this.#predictBy(await this.#softmax, features);
  }

  /**
   * The likeliest class of each sample, or of each position in it: that of its largest output, the first of equals.
   * @param features as for `predict`.
   * @throws {InputError} if the data it was trained on has no classes.
   */
  classify(features: FieldValues): Int32Array {
    const [, labels] = this.fields;
    if (labels?.classes === undefined) throw new InputError('classify: the data it was trained on has no classes');
    const { values } = this.predict(features);
    const classes = lastOf(this.outputShape);
    return Int32Array.from({ length: values.length / classes }, (_, row) => {
      const outputs = values.subarray(row * classes, (row + 1) * classes);
      return outputs.reduce((best, value, index) => (value > (outputs[best] ?? value) ? index : best), 0);
    });
  }

  /**
   * Loss and metrics on training (at most 10,000 samples of it), validation and test data.
   * @param data with the fields that it was trained on; its job’s own if left out, which must then be files.
   * @throws {InputError} if fields differ, or the job’s data cannot be read.
   */
  async evaluate(data?: DataSet): Promise<Evaluation> {
    const { job } = this.#found.checkpoint;
    const dataSet = data ?? (await loadDataSet(job));
    jobGraph(job, dataSet);
    return evaluate({ state: { replica: this.#replica }, data: new TrainingData({ dataSet, ...job }) }, this.step);
  }

  /**
   * What `gradswarm predict` tells of the samples in files: images (PNG, JPEG), rows of tables (CSV, JSON lines, Parquet,
   * columns by name) or IDX files; in their order.
   * @throws {InputError} naming the file, and what of it the model cannot take.
   */
  async predictFiles(files: readonly string[]): Promise<readonly PredictedSample[]> {
    const predict = await openSamplePredictor(this.#found);
    const samples: PredictedSample[] = [];
    for (const file of files) samples.push(...(await predict(file)));
    return samples;
  }

  /**
   * Goes on with a text, for a model that was trained on text: yields what it adds, piece by piece, and computes each piece
   * when it is asked for. The same prompt, options and checkpoint give the same text on every machine.
   *
   * ```ts
   * for await (const piece of model.generate('The people ', { length: 200 })) process.stdout.write(piece);
   * ```
   * @throws {InputError} if the model was not trained on text, an option is out of its range, or the vocabulary has no token
   *   for something in the prompt.
   */
  async *generate(prompt = '', options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    yield* await generateText(this.#found, { ...defaultText, ...options, prompt }, 'generate: prompt');
  }

  /**
   * The model as files for others, as `gradswarm export` writes them: the main one first. Adapters are merged.
   * @param format `onnx`, `safetensors` or another that `gradswarm export` has.
   * @param stem what the files’ names begin with; the job’s name if left out. Some name each other.
   * @throws {InputError} naming the formats there are, or what the format has nothing for.
   */
  export(format: string, stem = this.job.name): readonly ModelFile[] {
    const files = exportFiles(this.#found, requireFormat(format, 'export: format'), stem);
    return files.map(({ ending, bytes }) => ({ name: `${stem}${ending}`, bytes }));
  }

  #predictBy(replica: Replica, features: FieldValues): Prediction {
    const [field] = this.fields;
    if (field === undefined) throw new InputError('predict: the model has no input');
    const count = samplesIn(features, field);
    const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    return { values: replica.predict({ count, fields: [bytes] }), shape: [count, ...this.outputShape] };
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const arrayTypes = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

function samplesIn(features: FieldValues, { name, type, shape }: FieldSpecification): number {
  if (!(features instanceof arrayTypes[type])) {
    const found = (features as { constructor?: { name: string } } | undefined)?.constructor?.name ?? String(features);
    throw new InputError(`${name}: expected a ${arrayTypes[type].name}, found ${found}`);
  }
  const count = features.length / elementsOf(shape);
  if (Number.isInteger(count)) return count;
  throw new InputError(`${name}: ${features.length} values are not whole samples of ${shapeText(shape)}`);
}

/** Whether the loss is cross-entropy between labels and the softmax of the prediction. */
function measuresLogits({ nodes, loss, prediction }: Graph): boolean {
  const node = nodes.find(({ name }) => name === loss);
  return node?.op === 'softmaxCrossEntropy' && node.inputs[0] === prediction;
}

function withSoftmax(graph: Graph): Graph {
  const name = `${graph.prediction}.probabilities`;
  const softmax = { name, op: 'softmax', inputs: [graph.prediction] };
  return { ...graph, nodes: [...graph.nodes, softmax], prediction: name };
}
