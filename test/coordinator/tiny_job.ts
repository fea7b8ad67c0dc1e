// A job of 12 steps that takes milliseconds: 40 training samples in mini-batches of 16, of microbatches of 3.

import type { DataSet } from '../../shared/data/data_set.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { testValues } from '../shared/kernels/profiles.ts';

const samples = (count: number, seed: number) => ({
  count,
  fields: [
    Uint8Array.from(testValues(count * 6, seed), (x) => (x + 1) * 127),
    Uint8Array.from({ length: count }, (_, index) => index % 3),
  ],
});

export const tinyDataSet: DataSet = {
  name: 'tiny',
  digest: '0123456789abcdef'.repeat(4),
  fields: [
    { name: 'features', type: 'u8', shape: [6] },
    { name: 'labels', type: 'u8', shape: [], classes: 3 },
  ],
  training: samples(40, 1),
  validation: samples(0, 2),
  test: samples(10, 3),
};

/** The same with a validation set. */
export const validatedDataSet: DataSet = { ...tinyDataSet, validation: samples(9, 2) };

export const tinyJob: Job = parseJob(
  {
    name: 'tiny',
    data: { source: 'mnist' },
    model: { layers: [{ type: 'dense', units: 5 }, { type: 'tanh' }, { type: 'dense', units: 3 }] },
    loss: 'softmax-cross-entropy',
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
    batchSize: 16,
    microbatchSize: 3,
    epochs: 4,
  },
  'test',
);
