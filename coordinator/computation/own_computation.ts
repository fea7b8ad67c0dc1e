// What the coordinator computes itself: a run without workers, a doubtful answer, an evaluation, a replay.

import type { Crew } from '../../shared/crew/crew.ts';
import type { Inspection } from '../../shared/digest/answer_digest.ts';
import { answerBytes, compute, type Work } from '../../shared/work/work_kinds.ts';
import {
  type Evaluation,
  type EvaluationSet,
  evaluationBlocks,
  evaluationFromBlocks,
  type Measurement,
  measurement,
  type SampleSums,
} from '../training/evaluation.ts';
import type { GradientSlot } from '../training/trainer_messages.ts';
import type { ModelState } from './model_state.ts';
import type { PreparedJob } from './prepared_job.ts';
import type { TrainingData } from './training_data.ts';

export interface OwnResult extends SampleSums {
  /** Where the work gives one; the caller's to release. */
  readonly gradient?: GradientSlot;
}

/**
 * Does the work of a lease with the parameters as they are.
 * @param crew whose lead has these; the replica alone if it is left out
 */
export function computeWork({ state, data }: PreparedJob, work: Work, crew?: Pick<Crew, 'compute'>): OwnResult {
  const { replica, engine, gradients } = state;
  const inputs = data.samplesOf(work);
  const answer = crew === undefined ? compute(replica, work, inputs) : crew.compute(work, inputs);
  const { samples, lossSum, metricSums, vector } = answer;
  const sums = { samples, lossSum, metricSums: { ...metricSums } };
  if (vector === undefined) return sums;
  const gradient = gradients.take();
  gradients.bytes(gradient).set(engine.bytes(vector, answerBytes(work, replica.layout)));
  return { ...sums, gradient };
}

/** What is measured: parameters, and the data to measure them on. */
export interface Evaluated {
  readonly state: Pick<ModelState, 'replica'>;
  readonly data: TrainingData;
}

/** Measures the parameters, which have had `step` steps, as an epoch's end does. */
export function evaluate({ state, data }: Evaluated, step: number): Evaluation {
  const blocks = evaluationBlocks(data.evaluationSizes);
  const results = blocks.map((_, first): [number, SampleSums] => {
    const work = { kind: 'evaluation', step, shard: { first, count: 1 } } as const;
    const { samples, lossSum, metricSums } = compute(state.replica, work, data.samplesOf(work));
    return [first, { samples, lossSum, metricSums: { ...metricSums } }];
  });
  return evaluationFromBlocks(blocks, new Map(results));
}

/** Milliseconds that a first look may take before it has seen all sets. */
const firstLookPatience = 300;

/**
 * Looks at the parameters with the first block of each set, held-out data first: enough to show where training begins. It
 * ends early where a model is slow. Undefined if what it finds is not finite.
 * @param now monotonic milliseconds
 */
export function firstLook({ state, data }: Evaluated, now: () => number): Evaluation | undefined {
  const startedAt = now();
  const blocks = evaluationBlocks(data.evaluationSizes);
  const found: Partial<Record<EvaluationSet, Measurement>> = {};
  for (const set of ['test', 'validation', 'training'] as const) {
    const first = blocks.findIndex((block) => block.set === set);
    if (first < 0 || now() - startedAt > firstLookPatience) continue;
    const work = { kind: 'evaluation', step: 0, shard: { first, count: 1 } } as const;
    const { samples, lossSum, metricSums } = compute(state.replica, work, data.samplesOf(work));
    found[set] = measurement({ samples, lossSum, metricSums: { ...metricSums } });
  }
  const figures = Object.values(found).flatMap(({ loss, metrics }) => [loss, ...Object.values(metrics)]);
  if (!figures.every(Number.isFinite)) return undefined;
  const sets: readonly EvaluationSet[] = ['training', 'validation', 'test'];
  return Object.fromEntries(sets.flatMap((set) => (found[set] === undefined ? [] : [[set, found[set]]])));
}

/** Measures the weights that an epoch's end measures, on the validation set alone. */
export function measureValidation({ state, data }: PreparedJob, step: number): Evaluation {
  const blocks = evaluationBlocks(data.evaluationSizes);
  state.weights.use('averaged');
  const results = new Map<number, SampleSums>();
  const measured = blocks.filter(({ set }) => set === 'validation');
  blocks.forEach((block, first) => {
    if (block.set !== 'validation') return;
    const work = { kind: 'evaluation', step, shard: { first, count: 1 } } as const;
    const { samples, lossSum, metricSums } = compute(state.replica, work, data.samplesOf(work));
    results.set(results.size, { samples, lossSum, metricSums: { ...metricSums } });
  });
  state.weights.use('trained');
  return evaluationFromBlocks(measured, results);
}

/** What the work gives with the parameters as they are, without keeping it. */
export function inspectWork(prepared: PreparedJob, work: Work): Inspection {
  const { gradients } = prepared.state;
  const { gradient, ...sums } = computeWork(prepared, work);
  const inspection = gradients.inspect(gradient, sums);
  if (gradient !== undefined) gradients.release(gradient);
  return inspection;
}
