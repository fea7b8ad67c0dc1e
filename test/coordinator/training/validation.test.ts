import { describe, expect, it } from 'vitest';
import { bestEpoch, validationLosses } from '../../../coordinator/training/validation.ts';

const measured = (loss: number, accuracy = 0.5) => ({ loss, metrics: { accuracy }, samples: 10 });
const epoch = (number: number, evaluation: object) => ({ epoch: number, step: 10 * number, evaluation });

describe('the best epoch', () => {
  it('is that of the least validation loss, the earliest of equals', () => {
    const history = [
      epoch(1, { validation: measured(3, 0.9), test: measured(1) }),
      epoch(2, { validation: measured(2, 0.7), test: measured(2) }),
      epoch(3, { validation: measured(2, 0.8), test: measured(0.1) }),
    ];
    expect(bestEpoch(history)?.epoch).toBe(2);
    expect(validationLosses(history)).toEqual([3, 2, 2]);
  });

  it('is never chosen by the test set', () => {
    expect(bestEpoch([epoch(1, { test: measured(2) }), epoch(2, { test: measured(1) })])).toBeUndefined();
    expect(bestEpoch([])).toBeUndefined();
  });
});
