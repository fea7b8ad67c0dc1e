// A plain word on over- and underfitting, from the training and test measurements side by side.

import type { Evaluation } from './evaluation.ts';

export interface FitDiagnosis {
  readonly verdict: 'overfitting' | 'underfitting' | 'fits';
  /** One sentence a person can act on. */
  readonly sentence: string;
}

/** Accuracy gap between training and test from which the model is said to overfit. */
const overfittingGap = 0.03;

/** Rise of the held-out loss over its best so far (a ratio) from which the model is said to overfit. */
const overfittingLossRise = 1.25;

/** Training accuracy below which a classifier is said to underfit. */
const underfittingAccuracy = 0.9;

/** Training loss, as part of the first measured one, above which a model without accuracy is said to underfit. */
const underfittingLossPart = 0.5;

/**
 * Compares training with held-out results (the validation set where there is one, else the test set).
 *
 * @param history Evaluations of all epochs so far, oldest first, the current one last.
 */
export function diagnoseFit(history: readonly Evaluation[]): FitDiagnosis | undefined {
  const current = history.at(-1);
  const training = current?.training;
  const heldOutName = current?.validation === undefined ? 'test' : 'validation';
  const heldOut = current?.[heldOutName];
  if (training === undefined || heldOut === undefined) return undefined;
  const trainingAccuracy = training.metrics.accuracy;
  const heldOutAccuracy = heldOut.metrics.accuracy;
  const bestLoss = Math.min(...history.flatMap((evaluation) => evaluation[heldOutName]?.loss ?? []));
  const lossRise = heldOut.loss / bestLoss;

  if (trainingAccuracy !== undefined && heldOutAccuracy !== undefined) {
    const gap = trainingAccuracy - heldOutAccuracy;
    if (gap >= overfittingGap) {
      return overfitting(
        `accuracy ${percent(trainingAccuracy)} in training, ${percent(heldOutAccuracy)} in ${heldOutName}`,
      );
    }
    if (trainingAccuracy < underfittingAccuracy) {
      return underfitting(`accuracy is ${percent(trainingAccuracy)} even on training data`);
    }
  } else if (
    training.loss > underfittingLossPart * (history[0]?.training?.loss ?? training.loss) &&
    history.length > 1
  ) {
    return underfitting(`training loss has fallen only to ${training.loss.toFixed(4)}`);
  }
  if (lossRise >= overfittingLossRise && training.loss < heldOut.loss) {
    return overfitting(`${heldOutName} loss is ${heldOut.loss.toFixed(4)}, it was ${bestLoss.toFixed(4)} at its best`);
  }
  const apart =
    trainingAccuracy === undefined || heldOutAccuracy === undefined
      ? ''
      : ` (${(100 * Math.abs(trainingAccuracy - heldOutAccuracy)).toFixed(1)} points apart)`;
  return { verdict: 'fits', sentence: `no sign of over- or underfitting${apart}` };
}

function overfitting(seen: string): FitDiagnosis {
  return {
    verdict: 'overfitting',
    sentence: `overfitting: ${seen}; train for fewer epochs, add weight decay or data, or shrink the model`,
  };
}

function underfitting(seen: string): FitDiagnosis {
  return {
    verdict: 'underfitting',
    sentence: `underfitting: ${seen}; train longer, raise the learning rate or widen the model`,
  };
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
