import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../coordinator/training/evaluation.ts';
import { diagnoseFit } from '../../../coordinator/training/fit_diagnosis.ts';

const measured = (loss: number, accuracy?: number) => ({
  loss,
  metrics: accuracy === undefined ? {} : { accuracy },
  samples: 100,
});

function verdict(...history: readonly Evaluation[]) {
  return diagnoseFit(history)?.verdict;
}

describe('diagnoseFit', () => {
  it('says overfitting when training accuracy runs away from test accuracy', () => {
    expect(verdict({ training: measured(0.01, 0.999), test: measured(0.3, 0.93) })).toBe('overfitting');
  });

  it('says overfitting when the test loss has risen from its best while training goes on falling', () => {
    const best = { training: measured(0.2, 0.95), test: measured(0.2, 0.95) };
    expect(verdict(best, { training: measured(0.05, 0.97), test: measured(0.3, 0.95) })).toBe('overfitting');
  });

  it('says underfitting when even training data are not learned', () => {
    expect(verdict({ training: measured(2, 0.4), test: measured(2, 0.41) })).toBe('underfitting');
  });

  it('says underfitting of a regression whose loss hardly falls', () => {
    expect(verdict({ training: measured(10), test: measured(10) }, { training: measured(9), test: measured(9) })).toBe(
      'underfitting',
    );
  });

  it('finds nothing wrong with a model that learns and generalises, and says how far apart the two are', () => {
    const fit = diagnoseFit([{ training: measured(0.1, 0.975), test: measured(0.11, 0.97) }]);
    expect(fit).toEqual({ verdict: 'fits', sentence: 'no sign of over- or underfitting (0.5 points apart)' });
  });

  it('judges by the validation set where there is one', () => {
    const evaluation = {
      training: measured(0.01, 0.99),
      validation: measured(0.5, 0.9),
      test: measured(0.01, 0.99),
    };
    expect(diagnoseFit([evaluation])?.sentence).toMatch(/90\.0 % in validation/);
  });

  it('says nothing without anything held out', () => {
    expect(diagnoseFit([{ training: measured(1, 0.5) }])).toBeUndefined();
    expect(diagnoseFit([])).toBeUndefined();
  });
});
