import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluationBlocks,
  evaluationFromBlocks,
  evaluationSizes,
  maximumTrainingSamplesEvaluated,
  trainingSampleEvaluated,
} from '../../../coordinator/training/evaluation.ts';

describe('evaluation', () => {
  it('covers each sample of each set once, in blocks', () => {
    const size = fc.nat({ max: 3_000 });
    fc.assert(
      fc.property(size, size, size, (training, validation, test) => {
        const sizes = { training, validation, test };
        const seen = { training: 0, validation: 0, test: 0 };
        for (const { set, first, samples } of evaluationBlocks(sizes)) {
          expect(first).toBe(seen[set]);
          expect(samples).toBeGreaterThan(0);
          seen[set] += samples;
        }
        expect(seen).toEqual(sizes);
      }),
    );
  });

  it('measures at most a fixed number of training samples, spread evenly and all different', () => {
    const sizes = evaluationSizes({ training: 60_000, validation: 5_000, test: 10_000 });
    expect(sizes).toEqual({ training: maximumTrainingSamplesEvaluated, validation: 5_000, test: 10_000 });
    const chosen = Array.from({ length: sizes.training }, (_, index) =>
      trainingSampleEvaluated(index, sizes.training, 60_000),
    );
    expect(new Set(chosen).size).toBe(sizes.training);
    expect(chosen.slice(0, 3)).toEqual([0, 6, 12]);
    expect(Math.max(...chosen)).toBeLessThan(60_000);
  });

  it('weighs blocks by their samples and leaves out sets that are empty', () => {
    const blocks = evaluationBlocks({ training: 600, validation: 0, test: 1 });
    const results = new Map(
      blocks.map(({ samples }, index) => [index, { samples, lossSum: index + 1, metricSums: { accuracy: samples } }]),
    );
    expect(evaluationFromBlocks(blocks, results)).toEqual({
      training: { loss: 3 / 600, metrics: { accuracy: 1 }, samples: 600 },
      test: { loss: 3, metrics: { accuracy: 1 }, samples: 1 },
    });
  });

  it('refuses to report before every block is in', () => {
    const blocks = evaluationBlocks({ training: 1, validation: 0, test: 1 });
    expect(() => evaluationFromBlocks(blocks, new Map())).toThrow(/block 0/);
  });
});
