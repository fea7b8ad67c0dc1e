// What the validation set says of a run: which epoch was best. Nothing is chosen by the test set, which would then no longer
// tell how good a model is on what nobody has looked at. Pure.

import type { EpochRecord } from './evaluation.ts';

/** The validation losses of epochs, oldest first; none where there is no validation set. */
export function validationLosses(history: readonly EpochRecord[]): readonly number[] {
  return history.flatMap(({ evaluation }) => evaluation.validation?.loss ?? []);
}

/**
 * The epoch whose weights had the least loss on the validation set, of equals the earliest; undefined where there is no
 * validation set: no epoch is called the best then.
 */
export function bestEpoch(history: readonly EpochRecord[]): EpochRecord | undefined {
  let best: { readonly epoch: EpochRecord; readonly loss: number } | undefined;
  for (const epoch of history) {
    const loss = epoch.evaluation.validation?.loss;
    if (loss !== undefined && (best === undefined || loss < best.loss)) best = { epoch, loss };
  }
  return best?.epoch;
}
