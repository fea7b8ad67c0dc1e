import { describe, expect, it } from 'vitest';
import { CheckpointLosses } from '../../../coordinator/records/checkpoint_losses.ts';

/** Checkpoints at those steps, the newest first. */
const at = (...steps: readonly number[]) => steps.map((step) => ({ step, file: `step-${step}` }));

/** Steps from `first` on, with a checkpoint after every second one. */
function run(losses: CheckpointLosses, first: number, values: readonly number[]): void {
  for (const [index, loss] of values.entries()) {
    const step = first + index;
    losses.onStep(step, loss);
    if (step % 2 === 0) losses.onCheckpoint(step);
  }
}

describe('CheckpointLosses', () => {
  it('names the newest checkpoint where its parameters had a loss not above the first of the run', () => {
    const losses = new CheckpointLosses([]);
    run(losses, 1, [2.3, 2, 1.25, 1, 2.3, 1.5]);
    expect(losses.describe(at(4, 2))).toBe(
      'the last good checkpoint is step-4 (step 4, loss 2.3; the run began with 2.3)',
    );
  });

  it('passes over those whose loss was above it, and says so of the newest', () => {
    const losses = new CheckpointLosses([]);
    run(losses, 1, [2.3, 2, 1.25, 1, 7e5, 1e9, 1e30]);
    expect(losses.describe(at(6, 4, 2))).toBe(
      'the last good checkpoint is step-2 (step 2, loss 1.25; the run began with 2.3); ' +
        'the newest is not sane: step-6 (step 6) has a loss of 1e+30',
    );
  });

  it('passes over one whose first mini-batch had no finite loss, so that the step was not done', () => {
    const losses = new CheckpointLosses([]);
    run(losses, 1, [2.3, 2, 1.25, 1]);
    expect(losses.describe(at(4, 2))).toMatch(
      /^the last good checkpoint is step-2 .*; the newest is not sane: no finite loss is known of step-4 \(step 4\)$/,
    );
    expect(losses.describe(at(4))).toBe(
      'no checkpoint is sane: no finite loss is known of step-4 (step 4); the run began with 2.3',
    );
  });

  it('knows the losses of before a resume, and that of the checkpoint that the run went on from', () => {
    const losses = new CheckpointLosses([2.3, 2, 1.25, 1].map((loss, index) => ({ step: index + 1, loss })));
    losses.onCheckpoint(4);
    run(losses, 5, [0.5, 80, 90]);
    expect(losses.describe(at(6, 4, 2))).toMatch(
      /^the last good checkpoint is step-4 \(step 4, loss 0.5; .*with 2.3\)/,
    );
    expect(losses.describe(at(2))).toMatch(/^the last good checkpoint is step-2 \(step 2, loss 1.25/);
  });

  it('says that there is none', () => {
    expect(new CheckpointLosses([]).describe([])).toBe('there is no checkpoint');
  });
});
