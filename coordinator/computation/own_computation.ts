// What the coordinator computes itself: a run without workers, a doubtful answer, a replay.

import type { SampleSums } from '../training/evaluation.ts';
import type { GradientSlot, LeasedWork } from '../training/trainer.ts';
import type { PreparedJob } from './prepared_job.ts';

export interface OwnResult extends SampleSums {
  /** For training; the caller's to release. */
  readonly gradient?: GradientSlot;
}

/** Does the work of a lease with the parameters as they are. */
export function computeWork({ state, data }: PreparedJob, work: LeasedWork): OwnResult {
  const { replica, engine, gradients } = state;
  const samples = data.samplesOf(work);
  if (work.purpose === 'evaluation') {
    const { lossSum, metricSums } = replica.evaluate(samples);
    return { samples: samples.count, lossSum, metricSums: { ...metricSums } };
  }
  const result = replica.computeShard(samples);
  const gradient = gradients.take();
  gradients.bytes(gradient).set(engine.bytes(result.gradient, 4 * replica.parameterCount));
  return { samples: samples.count, lossSum: result.lossSum, metricSums: { ...result.metricSums }, gradient };
}

/** Whether the work gives numbers that are not finite here too: then nobody is at fault, the run diverges. */
export function givesNotFinite(prepared: PreparedJob, work: LeasedWork): boolean {
  const { gradients } = prepared.state;
  const { lossSum, gradient } = computeWork(prepared, work);
  const finite = Number.isFinite(lossSum) && (gradient === undefined || gradients.isFinite(gradient));
  if (gradient !== undefined) gradients.release(gradient);
  return !finite;
}
