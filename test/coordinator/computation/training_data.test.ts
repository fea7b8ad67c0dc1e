import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrainingData } from '../../../coordinator/computation/training_data.ts';
import { evaluationBlocks } from '../../../coordinator/training/evaluation.ts';
import { gather, sliceSamples, unpackSamples } from '../../../shared/data/samples.ts';
import { tinyDataSet } from '../tiny_job.ts';

const { fields, training, test } = tinyDataSet;
const options = { dataSet: tinyDataSet, batchSize: 16, microbatchSize: 3, seed: 1 } as const;

/** A mini-batch has 6 microbatches, the last of an epoch of 40 samples only 3. */
const shard = fc.constantFrom(
  { first: 0, count: 1 },
  { first: 0, count: 4 },
  { first: 2, count: 2 },
  { first: 2, count: 1 },
);

describe.each(['shuffle', 'random'] as const)('TrainingData, batching %s', (batching) => {
  it('gives the samples of a shard, in whatever order steps are asked for or prepared', () => {
    const ask = fc.record({ step: fc.nat(9), shard, prepared: fc.boolean() });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 12 }), (asked) => {
        const data = new TrainingData({ ...options, batching });
        for (const { step, shard, prepared } of asked) {
          if (prepared) data.prepareStep(step + 1);
          const expected = gather(training, fields, data.indicesOf(step, shard));
          const work = { kind: 'gradient', step, shard } as const;
          expect(data.samplesOf(work)).toEqual(expected);
          expect(unpackSamples(data.packedSamplesOf(work), expected.count, fields)).toEqual(expected);
        }
      }),
    );
  });

  it('gives the mini-batch of a step while that of the next is prepared', () => {
    const data = new TrainingData({ ...options, batching });
    const all = { first: 0, count: 6 };
    const samples = data.samplesOf({ kind: 'gradient', step: 0, shard: all });
    data.prepareStep(1);
    expect(samples).toEqual(gather(training, fields, data.indicesOf(0, all)));
  });
});

describe('TrainingData', () => {
  it('gives the blocks of an evaluation: the test set whole and in order', () => {
    const data = new TrainingData({ ...options, batching: 'shuffle' });
    const given = evaluationBlocks(data.evaluationSizes).map(({ set }, first) => {
      const samples = data.samplesOf({ kind: 'evaluation', step: 0, shard: { first, count: 1 } });
      return [set, samples] as const;
    });
    expect(given).toEqual([
      ['training', training],
      ['test', test],
    ]);
  });

  it('packs a stretch of the test set', () => {
    const data = new TrainingData({ ...options, batching: 'shuffle' });
    expect(unpackSamples(data.packedTestSamples(2, 5), 5, fields)).toEqual(sliceSamples(test, fields, 2, 7));
  });
});
