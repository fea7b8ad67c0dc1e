// A job made ready to run: data loaded, engine loaded, model compiled, parameters initialised.

import type { DataSet } from '../../shared/data/data_set.ts';
import { requireDataOf } from '../../shared/data/sources/memory.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { InputError } from '../../shared/errors.ts';
import { type Job, jobDigest, jobGraph, learningRateAt, looksAtValidation, totalSteps } from '../../shared/job/job.ts';
import { maximumJudgedEpochs } from '../../shared/job/limits.ts';
import { loadNodeEngine } from '../../shared/node/node_engine.ts';
import type { WeightsFile } from '../../shared/safetensors/weights.ts';
import type { TrainingPlan } from '../training/synchronous_steps.ts';
import { requireSameVocabulary, setInitialWeights } from './initial_weights.ts';
import { ModelState } from './model_state.ts';
import { TrainingData } from './training_data.ts';

export interface PreparedJob {
  readonly job: Job;
  /** Identity of the job, hexadecimal. */
  readonly digest: string;
  readonly graph: Graph;
  readonly data: TrainingData;
  readonly state: ModelState;
  readonly totalSteps: number;
  /** @param losses on the validation set, of the epochs that are over; none if left out */
  readonly learningRateAt: (step: number, losses?: readonly number[]) => number;
}

/** Gradients that may be in flight beside those of the step's microbatches: late answers of leases lent twice. */
const spareGradients = 4;

/**
 * @param initial what the job says that it begins with; not needed where a checkpoint of it is restored next
 * @throws {InputError} if the model does not compile or does not fit the data set or the initial weights, or the data is
 *   not the job's.
 */
export async function prepareJob(job: Job, dataSet: DataSet, initial?: WeightsFile): Promise<PreparedJob> {
  requireDataOf(job.data, dataSet);
  if (initial !== undefined) requireSameVocabulary(job, initial, dataSet.fields);
  const graph = jobGraph(job, dataSet);
  const engine = await loadNodeEngine(job.numerics);
  const replica = Replica.create(engine, graph, { microbatchSize: job.microbatchSize });
  const data = new TrainingData({ dataSet, ...job });
  requireValidation(job, data);
  const state = new ModelState({
    engine,
    replica,
    optimizer: job.optimizer,
    metrics: Object.keys(graph.metrics),
    concurrentGradients: Math.ceil(job.batchSize / job.microbatchSize) + spareGradients,
    average: job.averageWeights,
    keepsBest: job.earlyStopping !== undefined,
  });
  replica.initialize(job.seed);
  if (initial !== undefined) setInitialWeights(state, job, initial);
  state.weights.begin();
  return {
    job,
    digest: jobDigest(job),
    graph,
    data,
    state,
    totalSteps: totalSteps(job, data.stepsPerEpoch),
    learningRateAt: (step, losses) => learningRateAt(job, step, data.stepsPerEpoch, losses),
  };
}

/** @throws {InputError} if the job looks at validation losses, but there are none, or too many to be kept. */
function requireValidation(job: Job, { dataSet, stepsPerEpoch }: TrainingData): void {
  if (!looksAtValidation(job)) return;
  const what = job.earlyStopping === undefined ? `schedule ${job.schedule.kind}` : 'earlyStopping';
  if (dataSet.validation.count === 0) {
    throw new InputError(
      `${what}: looks at the validation loss, but there is no validation set; data.validationSamples says how many samples to hold out`,
    );
  }
  const epochs = totalSteps(job, stepsPerEpoch) / stepsPerEpoch;
  if (epochs <= maximumJudgedEpochs) return;
  throw new InputError(
    `${what}: the losses of at most ${maximumJudgedEpochs} epochs are kept, the job has ${Math.ceil(epochs)}`,
  );
}

/** What the trainer must know of a job, begun anew or resumed. */
export function trainingPlan(
  { job, data, totalSteps, learningRateAt }: PreparedJob,
  { firstStep, evaluatedStep, history = [] }: Pick<TrainingPlan, 'firstStep' | 'evaluatedStep' | 'history'>,
): TrainingPlan {
  return {
    totalSteps,
    stepsPerEpoch: data.stepsPerEpoch,
    microbatchSize: job.microbatchSize,
    firstStep,
    evaluatedStep,
    history,
    earlyStopping: job.earlyStopping,
    averagesWeights: job.averageWeights !== undefined,
    evaluation: data.evaluationSizes,
    samplesInStep: (step) => data.samplesInStep(step),
    learningRateAt,
  };
}

/** Makes the mini-batch after the next one ready, when so many steps are done: now that the workers have something to do. */
export function prepareNextStep({ data, totalSteps }: PreparedJob, step: number): void {
  if (step + 1 < totalSteps) data.prepareStep(step + 1);
}

/** Units of a full mini-batch. */
export function unitsPerStep({ job, data }: PreparedJob): number {
  return Math.ceil(data.samplesInStep(0) / job.microbatchSize);
}
