// A look at what a model gives for test samples: which classes it takes for which, and what it gets most wrong.

import type { Gives } from '../../shared/model/takes_and_gives.ts';

export interface Look {
  /** Samples that were looked at. */
  readonly samples: number;
  /** Of classes: how often each was taken for each, actual by predicted, row-major. */
  readonly confusion?: readonly number[];
  /** Of classes: how many were right. */
  readonly right?: number;
  /** Of figures: the mean absolute error of each. */
  readonly errors?: readonly number[];
  /** What it got most wrong, the worst first. */
  readonly worst: readonly Wrong[];
}

export interface Wrong {
  /** The sample's position. */
  readonly index: number;
  /** The label, or the target. */
  readonly truth: number;
  /** The class that it was taken for, or the figure that was given. */
  readonly given: number;
  /** How sure it was, or how far off. */
  readonly by: number;
}

/** Of these are shown. */
const shown = 24;

/**
 * @param outputs of all samples, one after the other
 * @param truths labels of all samples; of figures as many for each as there are outputs
 */
export function lookAt(gives: Gives, outputs: Float32Array, truths: Float32Array, samples: number): Look | undefined {
  if (samples === 0) return undefined;
  if (gives.kind === 'classes') return lookAtClasses(gives.names.length, outputs, truths, samples);
  if (gives.kind === 'figures' && truths.length === outputs.length) {
    return lookAtFigures(gives.names.length, outputs, truths, samples);
  }
  return undefined;
}

function lookAtClasses(classes: number, outputs: Float32Array, truths: Float32Array, samples: number): Look {
  const confusion = new Array<number>(classes * classes).fill(0);
  const wrong: Wrong[] = [];
  for (let index = 0; index < samples; index++) {
    const truth = truths[index] ?? 0;
    const given = largestOf(outputs.subarray(index * classes, (index + 1) * classes));
    confusion[truth * classes + given] = (confusion[truth * classes + given] ?? 0) + 1;
    if (given !== truth) wrong.push({ index, truth, given, by: outputs[index * classes + given] ?? 0 });
  }
  return { samples, confusion, right: samples - wrong.length, worst: worstOf(wrong) };
}

function lookAtFigures(size: number, outputs: Float32Array, truths: Float32Array, samples: number): Look {
  const errors = new Array<number>(size).fill(0);
  const wrong: Wrong[] = [];
  for (let index = 0; index < samples; index++) {
    for (let at = 0; at < size; at++) {
      const [truth, given] = [truths[index * size + at] ?? 0, outputs[index * size + at] ?? 0];
      const by = Math.abs(given - truth);
      errors[at] = (errors[at] ?? 0) + by / samples;
      if (at === 0) wrong.push({ index, truth, given, by });
    }
  }
  return { samples, errors, worst: worstOf(wrong) };
}

function worstOf(wrong: readonly Wrong[]): readonly Wrong[] {
  return [...wrong].sort((one, other) => other.by - one.by).slice(0, shown);
}

/** The first of equals. */
export function largestOf(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? value) ? index : best), 0);
}
