// When a checkpoint is due, and which ones are kept: the last few, and the best. Pure.

import type { EpochRecord, Measurement } from '../training/evaluation.ts';

export interface CheckpointPolicy {
  /** A checkpoint every so many steps; 0 for none between epochs. */
  readonly steps: number;
  /** A checkpoint whenever so many seconds have passed since the last; 0 for none between epochs. */
  readonly seconds: number;
  /** How many of the newest are kept, 1 or more. */
  readonly keep: number;
}

/** @param last the step and the moment (in milliseconds) of the last checkpoint, or of the start. */
export function isCheckpointDue(
  { steps, seconds }: CheckpointPolicy,
  step: number,
  now: number,
  last: { readonly step: number; readonly at: number },
): boolean {
  if (steps > 0 && step - last.step >= steps) return true;
  return seconds > 0 && now - last.at >= 1000 * seconds;
}

/**
 * The epoch whose parameters did best on the validation set, or on the test set where there is none: by accuracy if the
 * job measures it, else by loss; of equals the earliest.
 */
export function bestEpoch(history: readonly EpochRecord[]): EpochRecord | undefined {
  let best: { readonly epoch: EpochRecord; readonly measurement: Measurement } | undefined;
  for (const epoch of history) {
    const measurement = epoch.evaluation.validation ?? epoch.evaluation.test;
    if (measurement === undefined) continue;
    if (best === undefined || isBetter(measurement, best.measurement)) best = { epoch, measurement };
  }
  return best?.epoch;
}

function isBetter(one: Measurement, other: Measurement): boolean {
  const [accuracy, otherAccuracy] = [one.metrics.accuracy, other.metrics.accuracy];
  if (accuracy === undefined || otherAccuracy === undefined) return one.loss < other.loss;
  return accuracy > otherAccuracy;
}

/** Of the steps that have a checkpoint, those whose checkpoint is not needed any more. */
export function supersededCheckpoints(
  steps: readonly number[],
  keep: number,
  bestStep: number | undefined,
): readonly number[] {
  const newestFirst = [...steps].sort((one, other) => other - one);
  return newestFirst.slice(keep).filter((step) => step !== bestStep);
}
