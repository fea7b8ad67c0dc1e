// The fixture of a whole job: epochs of shuffled mini-batches, the last of each short, trained by PyTorch.

import { readFile } from 'node:fs/promises';
import type { DataSet } from '../../shared/data/data_set.ts';
import type { FieldSpecification } from '../../shared/data/samples.ts';
import { type Job, parseJob } from '../../shared/job/job.ts';
import { bytes, floats } from './fixture.ts';

/** Tensors are base64 of little-endian values, in our layouts. */
interface EpochsFixtureFile {
  readonly job: unknown;
  readonly fields: readonly FieldSpecification[];
  readonly samples: number;
  readonly data: readonly string[];
  readonly initial: string;
  readonly steps: readonly { readonly samples: number; readonly loss: number; readonly weights: string }[];
}

/** What a step gives: samples and mean loss of its mini-batch, and all weights after it, flat. */
export interface OracleStep {
  readonly samples: number;
  readonly loss: number;
  readonly weights: Float32Array;
}

export interface EpochsFixture {
  readonly job: Job;
  readonly dataSet: DataSet;
  readonly initial: Float32Array;
  readonly steps: readonly OracleStep[];
}

export async function readEpochsFixture(): Promise<EpochsFixture> {
  const file = new URL('./fixtures/epochs_momentum.json', import.meta.url);
  const { job, fields, samples, data, initial, steps }: EpochsFixtureFile = JSON.parse(await readFile(file, 'utf8'));
  const training = { count: samples, fields: data.map(bytes) };
  const none = { count: 0, fields: data.map(() => new Uint8Array(0)) };
  return {
    job: parseJob(job, file.pathname),
    dataSet: { name: 'epochs', digest: '0'.repeat(64), fields, training, validation: none, test: training },
    initial: floats(initial),
    steps: steps.map(({ weights, ...step }) => ({ ...step, weights: floats(weights) })),
  };
}
