import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../coordinator/training/evaluation.ts';
import { diagnoseFit } from '../../../coordinator/training/fit_diagnosis.ts';

const measured = (loss: number, accuracy?: number) => ({
  loss,
  metrics: accuracy === undefined ? {} : { accuracy },
  samples: 100,
});

/** An epoch: training loss and accuracy, test loss and accuracy. */
type Epoch = readonly [training: number, test: number, trainingAccuracy?: number, testAccuracy?: number];

const curves = (epochs: readonly Epoch[]): readonly Evaluation[] =>
  epochs.map(([training, test, trainingAccuracy, testAccuracy]) => ({
    training: measured(training, trainingAccuracy),
    test: measured(test, testAccuracy),
  }));

/** The verdict after each epoch. */
function verdicts(epochs: readonly Epoch[], startLoss?: number) {
  const history = curves(epochs);
  return history.map((_, index) => diagnoseFit(history.slice(0, index + 1), startLoss)?.verdict);
}

function sentence(epochs: readonly Epoch[], startLoss?: number) {
  return diagnoseFit(curves(epochs), startLoss)?.sentence;
}

describe('diagnoseFit', () => {
  it('lets a gap of 3 points be while the test loss still falls', () => {
    const epochs: readonly Epoch[] = [
      [0.42, 0.5, 0.871, 0.839],
      [0.3, 0.41, 0.905, 0.872],
      [0.24, 0.37, 0.924, 0.889],
      [0.21, 0.345, 0.934, 0.898],
      [0.185, 0.332, 0.941, 0.904],
      [0.166, 0.317, 0.948, 0.91],
      [0.15, 0.309, 0.954, 0.914],
      [0.137, 0.31, 0.958, 0.916],
      [0.125, 0.297, 0.962, 0.921],
      [0.115, 0.291, 0.966, 0.924],
      [0.106, 0.287, 0.969, 0.926],
      [0.098, 0.281, 0.972, 0.929],
    ];
    expect(verdicts(epochs, 2.36)).toEqual(Array(epochs.length).fill('learning'));
    expect(sentence(epochs)).toBe('still learning: test loss falls (4.3 points apart)');
  });

  it('does not call a model poor that noise in the labels holds at 82 %', () => {
    const epochs: readonly Epoch[] = [
      [0.92, 0.93, 0.796, 0.795],
      [0.86, 0.872, 0.815, 0.812],
      [0.842, 0.859, 0.819, 0.817],
      [0.836, 0.855, 0.82, 0.818],
      [0.833, 0.854, 0.82, 0.818],
      [0.831, 0.855, 0.821, 0.818],
      [0.83, 0.854, 0.821, 0.818],
    ];
    expect(verdicts(epochs, 2.41)).toEqual([...Array(5).fill('learning'), ...Array(2).fill('levelled-off')]);
    expect(sentence(epochs, 2.41)).toBe(
      'levelled off: test loss no longer falls (0.8540) (0.3 points apart); if that is not good enough, widen the model or change the learning rate',
    );
  });

  it('names a loss that a learning rate of 50 never let fall, and does not ask for a higher one', () => {
    const stuck: readonly Epoch[] = [
      [2.331, 2.33, 0.098, 0.0974],
      [2.345, 2.346, 0.112, 0.1135],
      [2.329, 2.33, 0.099, 0.1009],
    ];
    const thrownOut: readonly Epoch[] = [
      [14.2, 14.1, 0.104, 0.1028],
      [22.7, 22.6, 0.098, 0.0958],
      [17.9, 17.8, 0.102, 0.101],
    ];
    for (const epochs of [stuck, thrownOut]) {
      expect(verdicts(epochs, 2.38)).toEqual(Array(3).fill('not-learning'));
      expect(sentence(epochs, 2.38)).not.toMatch(/raise|train longer/);
    }
    expect(sentence(stuck, 2.38)).toMatch(
      /^not learning: training loss is 2\.3290 and began with 2\.3800, no better than chance; lower the learning rate/,
    );
    expect(sentence(thrownOut, 2.38)).toMatch(/it has only risen; lower the learning rate/);
  });

  it('names a loss that fell and then left, even where the beginning is not known', () => {
    const epochs: readonly Epoch[] = [
      [0.61, 0.62],
      [0.44, 0.47],
      [3.9, 3.8],
    ];
    expect(verdicts(epochs).at(-1)).toBe('not-learning');
    expect(sentence(epochs)).toBe(
      'diverging: training loss is 3.9000, it was 0.4400 after epoch 2; lower the learning rate, or warm it up',
    );
  });

  it('does not take the jumps of a training loss near zero for a divergence', () => {
    expect(
      verdicts(
        [
          [0.004, 0.05],
          [0.0009, 0.048],
          [0.0021, 0.047],
        ],
        2.4,
      ),
    ).not.toContain('not-learning');
  });

  it('says overfitting once the held-out loss has turned while training goes on falling', () => {
    const epochs: readonly Epoch[] = [
      [0.5, 0.55, 0.83, 0.82],
      [0.3, 0.45, 0.9, 0.86],
      [0.2, 0.43, 0.94, 0.865],
      [0.13, 0.44, 0.97, 0.866],
      [0.08, 0.47, 0.985, 0.866],
      [0.04, 0.54, 0.995, 0.865],
    ];
    expect(verdicts(epochs, 2.4)).toEqual([
      'learning',
      'learning',
      'learning',
      'learning',
      'overfitting',
      'overfitting',
    ]);
    expect(sentence(epochs)).toMatch(
      /test loss is 0\.5400, it was 0\.4300 after epoch 3, and training loss still falls/,
    );
  });

  it('does not take an epoch of bad luck for overfitting', () => {
    expect(
      verdicts([
        [0.3, 0.32],
        [0.25, 0.28],
        [0.22, 0.3],
        [0.2, 0.25],
      ]),
    ).toEqual(Array(4).fill('learning'));
  });

  it('judges by the validation set where there is one', () => {
    const epoch = (validation: number): Evaluation => ({
      training: measured(0.1 / validation),
      validation: measured(validation),
      test: measured(0.1),
    });
    expect(diagnoseFit([epoch(0.5), epoch(0.7)])?.sentence).toMatch(/^overfitting: validation loss is 0\.7000/);
  });

  it('says nothing without anything held out', () => {
    expect(diagnoseFit([{ training: measured(1, 0.5) }])).toBeUndefined();
    expect(diagnoseFit([])).toBeUndefined();
  });
});
