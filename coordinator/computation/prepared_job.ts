// A job made ready to run: data loaded, engine loaded, model compiled, parameters initialised.

import type { DataSet } from '../../shared/data/data_set.ts';
import { requireDataOf } from '../../shared/data/sources/memory.ts';
import { loadEngine } from '../../shared/engine/engine.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { type Job, jobDigest, jobGraph, learningRateAt, totalSteps } from '../../shared/job/job.ts';
import { enableRelaxedSimd } from '../../shared/node/relaxed_simd.ts';
import type { WeightsFile } from '../../shared/safetensors/weights.ts';
import type { TrainingPlan } from '../training/synchronous_steps.ts';
import { setInitialWeights } from './initial_weights.ts';
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
  readonly learningRateAt: (step: number) => number;
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
  enableRelaxedSimd();
  const graph = jobGraph(job, dataSet);
  const engine = await loadEngine(job.numerics);
  const replica = Replica.create(engine, graph, { microbatchSize: job.microbatchSize });
  const data = new TrainingData({ dataSet, ...job });
  const state = new ModelState({
    engine,
    replica,
    optimizer: job.optimizer,
    metrics: Object.keys(graph.metrics),
    concurrentGradients: Math.ceil(job.batchSize / job.microbatchSize) + spareGradients,
  });
  replica.initialize(job.seed);
  if (initial !== undefined) setInitialWeights(state, job, initial);
  return {
    job,
    digest: jobDigest(job),
    graph,
    data,
    state,
    totalSteps: totalSteps(job, data.stepsPerEpoch),
    learningRateAt: (step) => learningRateAt(job, step, data.stepsPerEpoch),
  };
}

/** What the trainer must know of a job, begun anew or resumed. */
export function trainingPlan(
  { job, data, totalSteps, learningRateAt }: PreparedJob,
  { firstStep, evaluatedStep }: Pick<TrainingPlan, 'firstStep' | 'evaluatedStep'>,
): TrainingPlan {
  return {
    totalSteps,
    stepsPerEpoch: data.stepsPerEpoch,
    microbatchSize: job.microbatchSize,
    firstStep,
    evaluatedStep,
    evaluation: data.evaluationSizes,
    samplesInStep: (step) => data.samplesInStep(step),
    learningRateAt,
  };
}
