// What machines read of runs: JSON that says the same as the lines for people.

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestIn, type Finished, run, temporaryFolder } from './processes.ts';

let folder = '';
let trained: readonly Finished[] = [];

beforeAll(async () => {
  const temporary = await temporaryFolder();
  folder = temporary.path;
  const train = (name: string, ...flags: readonly string[]) =>
    run('train', 'iris', '--in-process', '--epochs', '2', '--run', join(folder, name), ...flags);
  trained = [await train('one'), await train('two', '--set', 'seed=2')];
  return () => temporary[Symbol.asyncDispose]();
});

/** The objects that a command prints, one on each line. */
async function objectsOf(...words: readonly string[]) {
  const { code, output, errors } = await run(...words, '--json');
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return output.split('\n').map((line) => JSON.parse(line));
}

describe('--json', () => {
  it('lists runs, a line for each', async () => {
    const runs = await objectsOf('runs', folder);
    expect(runs.map(({ job, state, step, totalSteps }) => [job, state, step, totalSteps])).toEqual(
      trained.map(() => ['iris', 'finished', 8, 8]),
    );
    expect(runs.map(({ fingerprint }) => fingerprint)).toEqual(trained.map(digestIn));
  });

  it('compares runs', async () => {
    const [comparison] = await objectsOf('compare', join(folder, 'one'), join(folder, 'two'));
    expect(comparison).toMatchObject({
      jobDifferences: ['seed (1 and 2)'],
      ledgers: { type: 'differ', step: 1 },
      sameWeights: false,
    });
    expect(comparison.runs[0].history).toHaveLength(2);
  });

  it('evaluates, with the confusion matrix', async () => {
    const [evaluated] = await objectsOf('evaluate', join(folder, 'one'));
    expect(evaluated).toMatchObject({
      job: 'iris',
      step: 8,
      weights: 'trained',
      evaluation: { test: { samples: 30 } },
    });
    expect(evaluated.fingerprint).toBe(trained.map(digestIn)[0]);
    expect(evaluated.predictions.confusion.flat().reduce((sum: number, count: number) => sum + count)).toBe(30);
  });

  it('replays', async () => {
    const [replayed] = await objectsOf('replay', join(folder, 'one'));
    expect(replayed).toMatchObject({
      from: 1,
      to: 8,
      verdict: 'agrees',
      steps: 8,
      parameters: trained.map(digestIn)[0],
    });
  });

  it('follows a run: an object for each event, the last of which says how it ended', async () => {
    const flags = ['--in-process', '--epochs', '2', '--run', join(folder, 'three')];
    const events = await objectsOf('train', 'iris', ...flags);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type !== 'worker' && type !== 'checkpoint')).toEqual([
      'started',
      'epoch',
      'epoch',
      'finished',
    ]);
    expect(events[0]).toMatchObject({ job: 'iris', folder: join(folder, 'three'), totalSteps: 8 });
    expect(events.at(-1)).toMatchObject({ step: 8, fingerprint: trained.map(digestIn)[0] });
  });

  it('lists jobs', async () => {
    const jobs = await objectsOf('jobs');
    expect(jobs.map(({ name }) => name)).toContain('mnist-mlp');
  });
});
