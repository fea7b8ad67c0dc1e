// The job: everything that determines a run's result, as its file states it.

import * as v from 'valibot';
import type { Batching } from '../data/sampler.ts';
import type { NumericsProfile } from '../engine/engine.ts';
import { type Graph, graphSchema } from '../engine/graph.ts';
import type { OptimizerSpecification } from '../engine/optimizer.ts';
import { type Layer, type LossName, layersSchema } from '../model/layers.ts';

/** The effective job: every default is filled in. */
export interface Job {
  readonly name: string;
  readonly description?: string;
  readonly data: DataSource;
  readonly model: ModelDefinition;
  /** Present with layers; a graph holds its own loss. */
  readonly loss?: LossName;
  readonly optimizer: OptimizerSpecification;
  readonly schedule: Schedule;
  readonly batching: Batching;
  /** Samples of a step. */
  readonly batchSize: number;
  /** Samples of the atom of work; a mini-batch smaller than this is one microbatch. */
  readonly microbatchSize: number;
  /** The job's length; exactly one of the two is given. */
  readonly epochs?: number;
  readonly steps?: number;
  /** From 0 to 2^53 - 1. */
  readonly seed: number;
  readonly numerics: NumericsProfile;
}

export type DataSource =
  | { readonly source: 'mnist'; readonly validationSamples: number }
  | {
      readonly source: 'idx';
      /** Paths from the job file's folder; plain or gzip. */
      readonly trainingImages: string;
      readonly trainingLabels: string;
      readonly testImages: string;
      readonly testLabels: string;
      /** Held out from the end of the training samples. */
      readonly validationSamples: number;
      readonly classes?: number;
    };

export type ModelDefinition = { readonly layers: readonly Layer[] } | { readonly graph: Graph };

/** How the learning rate changes, from the optimizer's own at the start. */
export type Schedule =
  | { readonly kind: 'constant' }
  /** Times `factor` after every `everyEpochs` epochs. */
  | { readonly kind: 'step-decay'; readonly everyEpochs: number; readonly factor: number }
  /** Along a line, to `finalLearningRate` in the last step. */
  | { readonly kind: 'linear'; readonly finalLearningRate: number };

/** Far above any use; keeps every count of the program exact and every step within its counter word. */
const maximumEpochs = 1_000_000;
export const maximumSteps = 2 ** 32 - 1;
const maximumBatchSize = 2 ** 24;

function wholeNumber(minimum: number, maximum: number) {
  const expected = `expected a whole number from ${minimum} to ${maximum}`;
  return v.pipe(
    v.number(expected),
    v.check((value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum, expected),
  );
}

function numberWhere(expected: string, holds: (value: number) => boolean) {
  return v.pipe(v.number(`expected ${expected}`), v.check(holds, `expected ${expected}`));
}

const positive = numberWhere('a number above 0', (value) => value > 0 && value < Number.POSITIVE_INFINITY);
const notNegative = numberWhere('a number of at least 0', (value) => value >= 0 && value < Number.POSITIVE_INFINITY);
const fraction = numberWhere('a number from 0 to below 1', (value) => value >= 0 && value < 1);
const path = v.pipe(v.string('expected the path of a file'), v.nonEmpty('expected the path of a file'));

/** A run's folder and checkpoints are named after the job. */
const jobName = v.pipe(
  v.string('expected a name'),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a name of at most 64 letters, digits, ".", "_" or "-"'),
);

const validationSamples = v.optional(wholeNumber(0, 2 ** 31), 0);

const data = v.variant('source', [
  v.strictObject({ source: v.literal('mnist'), validationSamples }),
  v.strictObject({
    source: v.literal('idx'),
    trainingImages: path,
    trainingLabels: path,
    testImages: path,
    testLabels: path,
    validationSamples,
    classes: v.exactOptional(wholeNumber(1, 2 ** 24)),
  }),
]);

const model = v.pipe(
  v.strictObject({ layers: v.exactOptional(layersSchema), graph: v.exactOptional(graphSchema) }),
  v.check(
    ({ layers, graph }) => (layers === undefined) !== (graph === undefined),
    'expected exactly one of layers and graph',
  ),
);

const optimizer = v.pipe(
  v.strictObject({
    kind: v.picklist(['sgd']),
    learningRate: positive,
    momentum: v.optional(fraction, 0),
    nesterov: v.optional(v.boolean(), false),
    weightDecay: v.optional(notNegative, 0),
  }),
  v.forward(
    v.check(
      ({ nesterov, momentum }) => !nesterov || momentum > 0,
      'expected a momentum above 0 where nesterov is true',
    ),
    ['nesterov'],
  ),
);

const schedule = v.variant('kind', [
  v.strictObject({ kind: v.literal('constant') }),
  v.strictObject({ kind: v.literal('step-decay'), everyEpochs: wholeNumber(1, maximumEpochs), factor: positive }),
  v.strictObject({ kind: v.literal('linear'), finalLearningRate: notNegative }),
]);

export const jobSchema = v.pipe(
  v.strictObject({
    name: jobName,
    description: v.exactOptional(v.string()),
    data,
    model,
    loss: v.exactOptional(v.picklist(['softmax-cross-entropy', 'sum-of-squared-errors'])),
    optimizer,
    schedule: v.optional(schedule, { kind: 'constant' }),
    batching: v.optional(v.picklist(['shuffle', 'random']), 'shuffle'),
    batchSize: wholeNumber(1, maximumBatchSize),
    microbatchSize: v.optional(wholeNumber(1, maximumBatchSize), 25),
    epochs: v.exactOptional(wholeNumber(1, maximumEpochs)),
    steps: v.exactOptional(wholeNumber(1, maximumSteps)),
    seed: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), 1),
    numerics: v.optional(v.picklist(['portable', 'fused']), 'portable'),
  }),
  v.check(
    ({ epochs, steps }) => (epochs === undefined) !== (steps === undefined),
    'expected exactly one of epochs and steps',
  ),
  v.forward(
    v.check(
      ({ model, loss }) => (model.layers === undefined) !== (loss !== undefined),
      'expected a loss with model.layers, and none with model.graph, which holds its own',
    ),
    ['loss'],
  ),
  v.transform(({ model: { layers, graph }, ...job }): Job => {
    if (layers !== undefined) return { ...job, model: { layers } };
    if (graph !== undefined) return { ...job, model: { graph } };
    throw new Error('the check above lets no model without layers and graph through');
  }),
);
