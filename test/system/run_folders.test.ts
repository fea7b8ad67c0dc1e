// A run's folder stands by itself: it is found, measured, replayed, resumed and trained again from any folder, remembers how
// it is kept, and may begin with another run's checkpoint.

import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Command, digestIn, temporaryFolder } from './processes.ts';

/** An IDX file of bytes. */
function idx(shape: readonly number[], valueAt: (index: number) => number): Uint8Array {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => {
    new DataView(header.buffer).setUint32(4 + 4 * axis, size);
  });
  const elements = shape.reduce((product, size) => product * size, 1);
  return Uint8Array.from([...header, ...Array.from({ length: elements }, (_, index) => valueAt(index))]);
}

const dataFiles = {
  trainingImages: idx([40, 2, 3], (index) => (index * 37) % 256),
  trainingLabels: idx([40], (index) => (index * 7) % 3),
  testImages: idx([10, 2, 3], (index) => (index * 53) % 256),
  testLabels: idx([10], (index) => index % 3),
};

/** Two epochs of three steps; paths start at the job file's folder. */
const job = {
  name: 'travels',
  data: {
    source: 'idx',
    ...Object.fromEntries(Object.keys(dataFiles).map((name) => [name, `../data/${name}`])),
  },
  model: { layers: [{ type: 'dense', units: 3 }] },
  loss: 'softmax-cross-entropy',
  optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
  batchSize: 16,
  microbatchSize: 3,
  epochs: 2,
};

const checkpoint = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`;

const checkpointsIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();

describe('a run that was trained with relative paths from one folder', () => {
  let root = '';
  let reference = '';
  const at = (...names: readonly string[]) => join(root, ...names);
  const elsewhere = (...flags: readonly string[]) => new Command(flags, { folder: at('elsewhere') }).finished;
  const first = join('..', 'runs', 'first');
  const setData = (folder: string) =>
    Object.keys(dataFiles).flatMap((name) => ['--set', `data.${name}=${join(folder, name)}`]);

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    root = temporary.path;
    for (const folder of ['data', 'jobs', 'elsewhere']) await mkdir(at(folder));
    for (const [name, bytes] of Object.entries(dataFiles)) await writeFile(at('data', name), bytes);
    await writeFile(at('jobs', 'job.json'), JSON.stringify(job));
    const saving = ['--checkpoint-steps', '1', '--keep', '100'];
    const flags = ['train', join('jobs', 'job.json'), '--in-process', '--run', join('runs', 'first'), ...saving];
    reference = digestIn(await new Command(flags, { folder: root }).finished);
    return () => temporary[Symbol.asyncDispose]();
  });

  it('left every checkpoint that was asked for', async () => {
    expect(await checkpointsIn(at('runs', 'first'))).toEqual([1, 2, 3, 4, 5, 6].map(checkpoint));
  });

  it('is measured and replayed from another folder', async () => {
    expect(digestIn(await elsewhere('evaluate', first))).toBe(reference);
    expect(digestIn(await elsewhere('replay', first))).toBe(reference);
  });

  it('is trained again from its own job.json', async () => {
    const again = await elsewhere('train', join(first, 'job.json'), '--in-process', '--run', 'again');
    expect(digestIn(again)).toBe(reference);
    expect(again.output).toContain(/^job .*$/m.exec((await elsewhere('evaluate', 'again')).output)?.[0] ?? '');
  });

  it('is resumed, and remembers how its checkpoints are kept', async () => {
    const finished = await elsewhere('train', '--resume', join(first, checkpoint(4)), '--in-process');
    expect(finished.output).toMatch(
      /^saves .*after each step.*keeps the newest 100; no validation set says which is the best$/m,
    );
    expect(digestIn(finished)).toBe(reference);
    expect(await checkpointsIn(at('runs', 'first'))).toHaveLength(6);
  });

  it('lends a checkpoint to another run, which is replayed from there', async () => {
    const flags = ['--resume', join(first, checkpoint(2)), '--run', 'other', '--keep', '1', '--in-process'];
    const finished = await elsewhere('train', ...flags);
    expect(finished.output).toContain('--keep 1 replaces --keep 100');
    expect(digestIn(finished)).toBe(reference);
    const options = JSON.parse(await readFile(at('elsewhere', 'other', 'run.json'), 'utf8'));
    expect(options.checkpoints).toEqual({ steps: 1, seconds: 60, keep: 1 });
    expect(await checkpointsIn(at('elsewhere', 'other'))).toEqual(expect.arrayContaining([2, 6].map(checkpoint)));
    const replayed = await elsewhere('replay', 'other');
    expect(replayed.output).toMatch(/^replaying steps 3 to 6 of 6 from .*step-00000002.*, with which this run began$/m);
    expect(digestIn(replayed)).toBe(reference);
    const tooEarly = await elsewhere('replay', 'other', '--from', '1');
    expect(tooEarly.errors).toMatch(/the ledger has steps 3 to 6; .*at least 2$/m);
  });

  it('lends it even to a run that is killed before its first checkpoint', async () => {
    const flags = ['train', '--resume', join(first, checkpoint(2)), '--run', 'killed', '--workers', '0'];
    const command = new Command(flags, { folder: at('elsewhere') });
    await command.match(/listening on/);
    command.signal('SIGKILL');
    await command.finished;
    const original = await elsewhere('evaluate', join(first, checkpoint(2)));
    expect(digestIn(await elsewhere('evaluate', 'killed'))).toBe(digestIn(original));
    expect(digestIn(await elsewhere('train', '--resume', 'killed', '--in-process'))).toBe(reference);
    expect(digestIn(await elsewhere('replay', 'killed'))).toBe(reference);
  });

  it('says where its data are missing, and is mended by saying where they are; other data are refused', async () => {
    await rename(at('data'), at('moved'));
    const missing = await elsewhere('evaluate', first);
    expect(missing.errors).toMatch(
      /^error: data\.trainingImages: .*no such file; .*--set data\.trainingImages=PATH\n$/,
    );
    const moved = setData(join('..', 'moved'));
    expect(digestIn(await elsewhere('evaluate', first, ...moved))).toBe(reference);
    expect(digestIn(await elsewhere('replay', first, ...moved))).toBe(reference);
    const resumed = await elsewhere('train', '--resume', join(first, checkpoint(5)), '--in-process', ...moved);
    expect(digestIn(resumed)).toBe(reference);
    // The run's folder knows it from now on.
    expect(digestIn(await elsewhere('evaluate', first))).toBe(reference);
    await writeFile(
      at('moved', 'testLabels'),
      idx([10], () => 1),
    );
    expect((await elsewhere('evaluate', first)).errors).toMatch(/^error: .*was trained on data .*\n$/);
    const other = await elsewhere('evaluate', first, '--set', 'batchSize=8');
    expect(other.errors).toMatch(/another job: they differ in batchSize \(16 and 8\)/);
  });
});
