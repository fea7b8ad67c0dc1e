// A model trained on a text, and the text that it writes.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, temporaryFolder } from './processes.ts';

const job = {
  name: 'alphabet',
  data: { source: 'text', file: 'text.txt', window: 8, validationFraction: 0, testFraction: 0.1 },
  model: {
    layers: [
      { type: 'oneHot' },
      { type: 'lstm', units: 16 },
      { type: 'gru', units: 16 },
      { type: 'dense', units: 6, perPosition: true },
    ],
  },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'rms-prop', learningRate: 0.02 },
  batchSize: 32,
  microbatchSize: 8,
  epochs: 12,
};

describe('gradswarm generate', () => {
  it('goes on with a text as it was learnt, the same each time, and needs no data', async () => {
    await using folder = await temporaryFolder();
    const place = (name: string) => join(folder.path, name);
    await writeFile(place('job.json'), JSON.stringify(job));
    await writeFile(place('text.txt'), 'abcde\n'.repeat(600));
    const trained = await run('train', place('job.json'), '--in-process', '--run', place('run'));
    expect(trained.code, trained.errors).toBe(0);
    await writeFile(place('text.txt'), 'gone');
    const generate = (...flags: readonly string[]) => run('generate', place('run'), ...flags);
    const greedy = await generate('--prompt', 'cd', '--temperature', '0', '--length', '14');
    expect(greedy.output.trimEnd()).toBe('cde\nabcde\nabcde');
    const drawn = await generate('--temperature', '9', '--length', '60', '--seed', '7');
    expect(drawn.output).toMatch(/^[a-e\n]{40,}$/);
    expect((await generate('--temperature', '9', '--length', '60', '--seed', '7')).output).toBe(drawn.output);
    expect((await generate('--temperature', '9', '--length', '60', '--seed', '8')).output).not.toBe(drawn.output);
    const wrong = await generate('--prompt', 'ABC');
    expect(wrong.errors).toMatch(/--prompt: line 1, column 1: the alphabet has no "A"/);
    expect(wrong.code).toBeGreaterThan(0);
  }, 120_000);
});
