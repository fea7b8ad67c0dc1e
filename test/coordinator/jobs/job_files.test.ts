import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsDigest } from '../../../coordinator/data/weights_file.ts';
import { listBuiltInJobs, loadJob } from '../../../coordinator/jobs/job_files.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { InputError } from '../../../shared/errors.ts';
import { type Job, jobGraph } from '../../../shared/job/job.ts';
import { writeSafetensors } from '../../../shared/safetensors/safetensors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function jobFile(text: string): Promise<string> {
  const path = join(folder, 'mine.json');
  await writeFile(path, text);
  return path;
}

const jobNames = (await readdir('coordinator/jobs'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort();

describe('listBuiltInJobs', () => {
  it('lists each job with a line about it', async () => {
    const jobs = await listBuiltInJobs();
    expect(jobs.map(({ name }) => name)).toEqual(jobNames);
    for (const { description } of jobs) expect(description).toMatch(/^.{20,100}$/);
  });
});

describe('loadJob', () => {
  const fields = [
    { name: 'image', type: 'u8', shape: [28, 28, 1] },
    { name: 'label', type: 'u8', shape: [], classes: 10 },
  ] as const;

  it.each(['mnist-lenet', 'mnist-mlp', 'mnist-textbook'])(
    'loads the built-in job %s, whose model fits MNIST',
    async (name) => {
      const job = await loadJob(name);
      expect(job.name).toBe(name);
      expect(job.microbatchSize).toBe(25);
      expect(jobGraph(job, { fields }).inputs).toHaveLength(2);
    },
  );

  it('applies overrides', async () => {
    const job = await loadJob('mnist-mlp', ['epochs=2', 'optimizer.learningRate=0.05']);
    expect([job.epochs, job.optimizer.learningRate]).toEqual([2, 0.05]);
  });

  it('loads a job whose first weights are to be trained first, and states those that are named', async () => {
    expect((await loadJob('text-gpt-lora')).initialize).toEqual({ job: 'text-gpt' });
    const run = await mkdtemp(join(folder, 'speeches-'));
    const checkpoint = join(run, 'step-00000012.safetensors');
    await writeFile(checkpoint, writeSafetensors({ tensors: [], metadata: {} }));
    const job = await loadJob('text-gpt-lora', [`initialize.checkpoint=${run}`]);
    expect(job.initialize).toEqual({ job: 'text-gpt', checkpoint, digest: await weightsDigest(checkpoint) });
  });

  it('has the weights of text-gpt read the tokens that text-gpt has, and trains few of them', async () => {
    const [base, tuned] = await Promise.all(['text-gpt', 'text-gpt-lora'].map((name) => loadJob(name)));
    expect(tuned?.model).toEqual(base?.model);
    const characters = tuned?.data.source === 'text' ? [...(tuned.data.alphabet ?? '')] : [];
    const tokens = { type: 'u8', shape: [64], classes: characters.length } as const;
    const graph = jobGraph(tuned as Job, { fields: ['tokens', 'next'].map((name) => ({ name, ...tokens })) });
    const { layout } = buildModel(graph);
    const all = layout.total + layout.frozen.reduce((sum, { elements }) => sum + elements, 0);
    expect(layout.total).toBeLessThan(0.02 * all);
  });

  it('loads a file', async () => {
    const job = await loadJob('mnist-mlp');
    const loaded = await loadJob(await jobFile(`\ufeff${JSON.stringify({ ...job, name: 'mine' })}`));
    expect(loaded).toEqual({ ...job, name: 'mine' });
  });

  it('takes paths from the folder of the job file, and those of overrides from the working directory', async () => {
    const job = await loadJob('mnist-mlp');
    const names = {
      trainingImages: 'images',
      trainingLabels: '../labels',
      testImages: '/data/test',
      testLabels: 'old',
    };
    const path = await jobFile(JSON.stringify({ ...job, data: { source: 'idx', ...names } }));
    const { data } = await loadJob(path, ['data.testLabels=new/labels']);
    expect(data).toEqual({
      source: 'idx',
      trainingImages: join(folder, 'images'),
      trainingLabels: join(folder, '..', 'labels'),
      testImages: '/data/test',
      testLabels: resolve('new/labels'),
      validationSamples: 0,
    });
  });

  it('names the known jobs, and the one that was meant', async () => {
    await expect(loadJob('mnist-mpl')).rejects.toThrow(
      new InputError(
        `job mnist-mpl: no such job (did you mean mnist-mlp?); built-in jobs are ${jobNames.join(', ')}, a job file's name ends in .json`,
      ),
    );
  });

  it('names file, line and column of malformed JSON', async () => {
    const path = await jobFile('{\n  "name": "mine",\n  "epochs" 3\n}');
    await expect(loadJob(path)).rejects.toThrow(new InputError(`${path}: line 3, column 12: expected ":", found "3"`));
  });

  it('names file and field of a malformed job', async () => {
    const job = await loadJob('mnist-mlp');
    const path = await jobFile(JSON.stringify({ ...job, optimizer: { ...job.optimizer, learningRate: -1 } }));
    await expect(loadJob(path)).rejects.toThrow(
      new InputError(`${path}: optimizer.learningRate: expected a number above 0, found -1`),
    );
  });

  it('says that a file is missing', async () => {
    const path = join(folder, 'missing.json');
    await expect(loadJob(path)).rejects.toThrow(new InputError(`job file ${path}: no such file`));
  });
});
