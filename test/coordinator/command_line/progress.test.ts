import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { plainOutput } from '../../../coordinator/command_line/output.ts';
import { Progress } from '../../../coordinator/command_line/progress.ts';

const measured = (samples: number) => ({ loss: 1, metrics: {}, samples });

function plainProgress() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const progress = new Progress({
    totalSteps: 100,
    stepsPerEpoch: 2,
    firstStep: 0,
    beginsAtRandom: true,
    trainsAlone: false,
    trainingSamples: 38,
    // A terminal, or a CI, gets colours.
    output: plainOutput((line) => lines.push(stripVTControlCharacters(line))),
    now: () => clock.now,
  });
  return { progress, lines, clock };
}

describe('Progress', () => {
  it('states the rate of the samples that were counted in steps, short mini-batches included', () => {
    const { progress, lines, clock } = plainProgress();
    for (const [step, samples] of [32, 6].entries()) {
      clock.now += 500;
      progress.onStep(step + 1, measured(samples));
    }
    clock.now += 60_000;
    progress.onEpoch(1, 2, { test: measured(10) });
    expect(lines).toEqual([expect.stringMatching(/^epoch 1 .* 38 samples\/s/)]);
  });

  it('leaves the time of an evaluation out of the rate', () => {
    const { progress, lines, clock } = plainProgress();
    progress.onStep(1, measured(6));
    clock.now = 9_000;
    progress.onEpoch(1, 2, {});
    clock.now = 19_000;
    progress.onStep(3, measured(70));
    expect(lines.at(-1)).toMatch(/^step 3\/100 .* 7 samples\/s$/);
  });

  it('says of how many samples a figure is that is not of all', () => {
    const { progress, lines } = plainProgress();
    progress.onEpoch(1, 2, { training: measured(10), test: measured(7) });
    expect(lines).toEqual(['epoch 1  training (10 of 38) loss 1.0000  test loss 1.0000  learning, after one epoch']);
    progress.onEpoch(2, 4, { training: measured(38) });
    expect(lines.at(-1)).toMatch(/^epoch 2 {2}training loss 1\.0000/);
  });

  it('states no rate of an epoch whose steps were done before the run was resumed', () => {
    const { progress, lines, clock } = plainProgress();
    clock.now = 500;
    progress.onEpoch(1, 2, { test: measured(7) });
    expect(lines).toEqual(['epoch 1  test loss 1.0000']);
  });
});
