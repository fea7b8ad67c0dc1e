// A job that adapts another run's weights: they are frozen, low-rank adapters and biases are trained, averaged, and measured on
// validation data, by which learning rates fall and the job may stop early.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './processes.ts';

const small = {
  data: { source: 'mnist', validationSamples: 59_000 },
  model: { layers: [{ type: 'dense', units: 30 }, { type: 'relu' }, { type: 'dense', units: 10 }] },
  loss: 'softmax-cross-entropy',
  batchSize: 270,
};

const base = { ...small, name: 'base', optimizer: { kind: 'sgd', learningRate: 0.2 }, epochs: 2 };

const tuned = {
  ...small,
  name: 'tuned',
  seed: 3,
  initialize: { checkpoint: 'base/step-00000008.safetensors' },
  adapters: { kind: 'lora', rank: 3, alpha: 6, targets: ['*.weight'] },
  freeze: ['*.weight'],
  optimizer: { kind: 'adam', learningRate: 0.01, groups: [{ names: ['*.bias'], weightDecay: 0 }], weightDecay: 0.1 },
  schedule: { kind: 'plateau', patience: 0, factor: 0.5 },
  averageWeights: { decay: 0.8 },
  earlyStopping: { patience: 3 },
  epochs: 4,
};

/** Steps of the tuned job. */
export const steps = 16;

/** Trains the base in the folder and writes the jobs there: `base.json` and `tuned.json`, whose path is returned. */
export async function writeTunedJob(folder: string): Promise<string> {
  const at = (name: string) => join(folder, name);
  await writeFile(at('base.json'), JSON.stringify(base));
  await writeFile(at('tuned.json'), JSON.stringify(tuned));
  const { code, errors } = await run('train', at('base.json'), '--run', at('base'), '--in-process');
  if (code !== 0) throw new Error(`the base was not trained: ${errors}`);
  return at('tuned.json');
}
