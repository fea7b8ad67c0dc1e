// The job: everything that determines a run's result, as its file states it. Its schema is assembled from those of the
// registered data sources, layers, losses, optimizers and schedules.

import * as v from 'valibot';
import type { Batching } from '../data/sampler.ts';
import { type DataSource, dataSourceSchema } from '../data/sources/source_registry.ts';
import type { NumericsProfile } from '../engine/engine.ts';
import { type Graph, graphSchema } from '../engine/graph.ts';
import { type OptimizerSpecification, optimizerSchema } from '../engine/optimizers/optimizer_registry.ts';
import { wholeNumber } from '../json/numbers.ts';
import { type Adapters, adaptersSchema } from '../model/adapters.ts';
import { type Layer, layersSchema } from '../model/layers/layer_registry.ts';
import { type Loss, lossSchema } from '../model/losses/loss_registry.ts';
import { type Metric, metricsSchema } from '../model/metrics/metric_registry.ts';
import { namePatternsSchema } from '../model/name_patterns.ts';
import { type Initialize, initializeSchema } from './initialize.ts';
import { maximumBatchSize, maximumEpochs, maximumSteps } from './limits.ts';
import { type Schedule, scheduleSchema } from './schedules/schedule_registry.ts';
import {
  type AverageWeights,
  averageWeightsSchema,
  type EarlyStopping,
  earlyStoppingSchema,
} from './training_control.ts';

/** The effective job: every default is filled in. */
export interface Job {
  /** What run folders are named after; not part of the job’s identity. */
  readonly name: string;
  /** For people; not part of the job’s identity. */
  readonly description?: string;
  /** Where the samples come from. */
  readonly data: DataSource;
  /** Layers, or a graph. */
  readonly model: ModelDefinition;
  /** Present with layers; a graph holds its own loss. */
  readonly loss?: Loss;
  /** Weights of another run to begin with. */
  readonly initialize?: Initialize;
  /** Low-rank adapters to train in the place of the weights; those are frozen, but for what `freeze` leaves out. */
  readonly adapters?: Adapters;
  /** Patterns of names: tensors that training leaves as they are. */
  readonly freeze?: readonly string[];
  /** What is reported beside the loss, with layers; what suits loss and labels, if left out. */
  readonly metrics?: readonly Metric[];
  /** How gradients change parameters. */
  readonly optimizer: OptimizerSpecification;
  /** How the learning rate changes. */
  readonly schedule: Schedule;
  /** Whether the job ends once its validation loss no longer falls. */
  readonly earlyStopping?: EarlyStopping;
  /** Whether a moving average of the weights is measured and used. */
  readonly averageWeights?: AverageWeights;
  /** How mini-batches are drawn. */
  readonly batching: Batching;
  /** Samples of a step. */
  readonly batchSize: number;
  /** Samples of the atom of work; a mini-batch smaller than this is one microbatch. */
  readonly microbatchSize: number;
  /** The job's length; exactly one of the two is given. */
  readonly epochs?: number;
  /** In optimizer updates. */
  readonly steps?: number;
  /** From 0 to 2^53 - 1. */
  readonly seed: number;
  /** Which bits: `portable` ones or `fused` ones. */
  readonly numerics: NumericsProfile;
}

export type ModelDefinition = { readonly layers: readonly Layer[] } | { readonly graph: Graph };

/** A run's folder and checkpoints are named after the job. */
const jobName = v.pipe(
  v.string('expected a name'),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected a name of at most 64 letters, digits, ".", "_" or "-"'),
);

const model = v.pipe(
  v.strictObject({ layers: v.exactOptional(layersSchema), graph: v.exactOptional(graphSchema) }),
  v.check(
    ({ layers, graph }) => (layers === undefined) !== (graph === undefined),
    'expected exactly one of layers and graph',
  ),
);

export const jobSchema = v.pipe(
  v.strictObject({
    name: jobName,
    description: v.exactOptional(v.string()),
    data: dataSourceSchema,
    model,
    loss: v.exactOptional(lossSchema),
    initialize: v.exactOptional(initializeSchema),
    adapters: v.exactOptional(adaptersSchema),
    freeze: v.exactOptional(namePatternsSchema),
    metrics: v.exactOptional(metricsSchema),
    optimizer: optimizerSchema,
    schedule: v.optional(scheduleSchema, { kind: 'constant' }),
    earlyStopping: v.exactOptional(earlyStoppingSchema),
    averageWeights: v.exactOptional(averageWeightsSchema),
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
  v.forward(
    v.check(
      ({ model, metrics }) => metrics === undefined || model.layers !== undefined,
      'expected no metrics with model.graph, which holds its own',
    ),
    ['metrics'],
  ),
  v.transform(({ model: { layers, graph }, ...job }): Job => {
    if (layers !== undefined) return { ...job, model: { layers } };
    if (graph !== undefined) return { ...job, model: { graph } };
    throw new Error('the check above lets no model without layers and graph through');
  }),
);

/** What a job file states: fields that have a default may be left out. */
export type JobInput = Readonly<v.InferInput<typeof jobSchema>>;
