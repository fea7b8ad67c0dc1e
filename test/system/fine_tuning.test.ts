// Another run's weights, frozen, with adapters beside them, averaged, stopped early: the same bits on real processes.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, run } from './processes.ts';

const small = {
  data: { source: 'mnist', validationSamples: 59_000 },
  model: { layers: [{ type: 'dense', units: 30 }, { type: 'relu' }, { type: 'dense', units: 10 }] },
  loss: 'softmax-cross-entropy',
  batchSize: 270,
};

let folder = '';
const at = (name: string) => join(folder, name);
const train = (job: string, name: string, ...flags: string[]) => run('train', at(job), '--run', at(name), ...flags);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fine-tuning-'));
  const base = { ...small, name: 'base', optimizer: { kind: 'sgd', learningRate: 0.2 }, epochs: 2 };
  await writeFile(at('base.json'), JSON.stringify(base));
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
  await writeFile(at('tuned.json'), JSON.stringify(tuned));
  expect((await train('base.json', 'base', '--in-process')).code).toBe(0);
});

afterAll(() => rm(folder, { recursive: true }));

describe('a fine-tuned model', () => {
  let reference = '';
  beforeAll(async () => {
    reference = digestIn(await train('tuned.json', 'alone', '--in-process'));
  });

  it.each([
    ['1 worker process', ['--workers', '1', '--no-own-share']],
    ['3 worker processes and the coordinator’s own share', ['--workers', '3']],
    ['7 worker processes', ['--workers', '7', '--no-own-share']],
  ])('has the same bits with %s', async (name, flags) => {
    expect(digestIn(await train('tuned.json', name.replaceAll(' ', '-'), ...flags))).toBe(reference);
  });

  it('is what evaluate measures, and agrees with its replay', async () => {
    const evaluated = await run('evaluate', at('alone'));
    expect(evaluated.output).toContain(`parameters SHA-256 ${reference}`);
    const replayed = await run('replay', at('alone'));
    expect(replayed.output).toMatch(/agrees: all 16 steps/);
  });

  it('is trained on with more epochs, to the bits of the longer job', async () => {
    const longer = digestIn(await train('tuned.json', 'longer', '--in-process', '--epochs', '6'));
    const lengthened = await run('train', '--resume', at('alone'), '--epochs', '6', '--workers', '1');
    expect(digestIn(lengthened)).toBe(longer);
    const shorter = await run('train', '--resume', at('alone'), '--epochs', '2', '--in-process');
    expect(shorter.code).not.toBe(0);
    expect(shorter.errors).toMatch(/cannot go on with another length: 8 steps are fewer than the 24/);
  });

  it('is refused where the weights that it begins with have changed', async () => {
    const other = await run('train', at('base.json'), '--in-process', '--run', at('other'), '--epochs', '3');
    expect(other.code).toBe(0);
    const { errors, code } = await run(
      'train',
      at('alone/job.json'),
      '--in-process',
      '--run',
      at('refused'),
      '--set',
      `initialize.checkpoint=${at('other/step-00000012.safetensors')}`,
    );
    expect(code).not.toBe(0);
    expect(errors).toMatch(
      /initialize\.checkpoint: .*step-00000012\.safetensors has weights of digest \w{12}…, the job begins with/,
    );
  });
});
