// A plain word on the fit, from how the losses of training and held-out data go: whether they fell at all, whether the
// held-out one still falls, whether it has turned while training goes on. How far the two are apart, or how high they are,
// says nothing by itself: noise in the labels caps every model, and a gap may be there while both improve.

import type { Evaluation, Measurement } from './evaluation.ts';

export interface FitDiagnosis {
  readonly verdict: 'not-learning' | 'learning' | 'levelled-off' | 'overfitting';
  /** One sentence a person can act on. */
  readonly sentence: string;
}

/** A training loss above this part of the one that the run began with has not fallen. */
const notFallen = 0.97;

/** A training loss so many times its best, that is no trifle beside the first, has come to grief. */
const divergedRise = 1.5;
const divergedPart = 0.25;

/** Epochs in which the held-out loss may fail to improve while it is taken to fall still: it goes up and down by chance. */
const patience = 2;

/** A held-out loss that has improved by less than this part over the last epochs has levelled off. */
const leastImprovement = 0.01;

/** How far the held-out loss must have risen from its best (a ratio) to have turned; at once, and after `patience` epochs. */
const suddenRise = 1.25;
const lastingRise = 1.03;

type HeldOutName = 'validation' | 'test';

/** The losses of all epochs, oldest first. */
interface Curves {
  readonly heldOutName: HeldOutName;
  readonly training: readonly number[];
  readonly heldOut: readonly number[];
}

/**
 * Looks at the curves of training and held-out results (the validation set where there is one, else the test set).
 *
 * @param history Evaluations of all epochs so far, oldest first, the current one last.
 * @param startLoss The loss that the run began with, of a mini-batch that met random parameters; undefined if unknown, or if
 *   the run began with weights that had been trained.
 */
export function diagnoseFit(history: readonly Evaluation[], startLoss?: number): FitDiagnosis | undefined {
  const current = history.at(-1);
  const heldOutName = current?.validation === undefined ? 'test' : 'validation';
  const heldOut = current?.[heldOutName];
  if (current?.training === undefined || heldOut === undefined) return undefined;
  const curves: Curves = {
    heldOutName,
    training: history.flatMap(({ training }) => training?.loss ?? []),
    heldOut: history.flatMap((evaluation) => evaluation[heldOutName]?.loss ?? []),
  };
  return notLearning(curves, startLoss) ?? overfitting(curves) ?? going(curves, apart(current.training, heldOut));
}

/** Whatever else the curves do: a loss that never fell, or that has risen again. */
function notLearning({ training }: Curves, startLoss: number | undefined): FitDiagnosis | undefined {
  const loss = lastOf(training);
  const best = Math.min(...training);
  const first = startLoss ?? training[0] ?? loss;
  const advice = 'lower the learning rate, or warm it up';
  if (loss > divergedRise * best && loss > divergedPart * first) {
    const seen = `training loss is ${number(loss)}, it was ${number(best)} after epoch ${1 + training.indexOf(best)}`;
    return { verdict: 'not-learning', sentence: `diverging: ${seen}; ${advice}` };
  }
  if (startLoss === undefined || best <= notFallen * startLoss) return undefined;
  const seen = `training loss is ${number(loss)} and began with ${number(startLoss)}`;
  const sentence =
    loss > startLoss / notFallen
      ? `not learning: ${seen}, it has only risen; ${advice}`
      : `not learning: ${seen}, no better than chance; ${advice}, or look whether data and labels belong together`;
  return { verdict: 'not-learning', sentence };
}

/** The held-out loss has turned, while the training loss goes on falling. */
function overfitting({ training, heldOut, heldOutName }: Curves): FitDiagnosis | undefined {
  const { loss, best, epochsSince } = standing(heldOut);
  const trainingThen = training[training.length - 1 - epochsSince] ?? Number.NaN;
  const hasTurned = loss >= suddenRise * best || (epochsSince >= patience && loss >= lastingRise * best);
  if (!hasTurned || !(lastOf(training) < trainingThen)) return undefined;
  const bestEpoch = heldOut.length - epochsSince;
  return {
    verdict: 'overfitting',
    sentence: `overfitting: ${heldOutName} loss is ${number(loss)}, it was ${number(best)} after epoch ${bestEpoch}, and training loss still falls; stop there, add weight decay or data, or shrink the model`,
  };
}

function going({ heldOut, heldOutName }: Curves, gap: string): FitDiagnosis {
  const { loss, best, epochsSince } = standing(heldOut);
  const before = heldOut.slice(0, Math.max(1, heldOut.length - 1 - patience));
  if (heldOut.length === 1) return { verdict: 'learning', sentence: `learning, after one epoch${gap}` };
  const part = 1 - best / Math.min(...before);
  if (epochsSince < patience && part >= leastImprovement) {
    return { verdict: 'learning', sentence: `still learning: ${heldOutName} loss falls${gap}` };
  }
  const bestWord = epochsSince === 0 ? '' : `, ${number(best)} at its best`;
  return {
    verdict: 'levelled-off',
    sentence: `levelled off: ${heldOutName} loss no longer falls (${number(loss)}${bestWord})${gap}; if that is not good enough, widen the model or change the learning rate`,
  };
}

/** Where a curve stands: its last value, its least and how many epochs ago that was. */
function standing(losses: readonly number[]): {
  readonly loss: number;
  readonly best: number;
  readonly epochsSince: number;
} {
  const best = Math.min(...losses);
  return { loss: lastOf(losses), best, epochsSince: losses.length - 1 - losses.lastIndexOf(best) };
}

/** How far training and held-out accuracy are apart, where the job measures it. */
function apart(training: Measurement, heldOut: Measurement): string {
  const [one, other] = [training.metrics.accuracy, heldOut.metrics.accuracy];
  return one === undefined || other === undefined ? '' : ` (${(100 * Math.abs(one - other)).toFixed(1)} points apart)`;
}

function lastOf(losses: readonly number[]): number {
  return losses.at(-1) ?? Number.NaN;
}

function number(loss: number): string {
  return Math.abs(loss) >= 1000 ? loss.toPrecision(4) : loss.toFixed(4);
}
