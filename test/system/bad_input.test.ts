// A user's mistakes: one clear line, a non-zero exit code, nothing overwritten.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Finished, run, startCoordinator, temporaryFolder } from './processes.ts';

function expectOneLine({ code, errors }: Finished, pattern: RegExp): void {
  expect(errors).toMatch(pattern);
  expect(errors.trim().split('\n')).toHaveLength(1);
  expect(code).toBeGreaterThan(0);
}

const short = ['--set', 'steps=2', '--in-process'];

describe('gradswarm says in one line what is wrong with', () => {
  it('an unknown job, and which there are', async () => {
    expectOneLine(
      await run('train', 'mnist-mpl', '--in-process'),
      /mnist-mpl.*mnist-lenet, mnist-mlp, .*mnist-textbook/,
    );
  });

  it.each([
    ['--set', 'optimizer.learningRate=-1', /optimizer\.learningRate: expected .*found -1/],
    ['--set', 'optimizer.learningRat=0.1', /learningRat\b.*learningRate/],
    ['--set', 'batchSize=0', /batchSize: expected .*found 0/],
    ['--set', 'nonsense', /nonsense.*path=value/],
  ])('a bad override: %s %s', async (flag, override, pattern) => {
    expectOneLine(await run('train', 'mnist-mlp', '--in-process', flag, override), pattern);
  });

  it('a job file that is not JSON, naming line and column', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'job.json');
    await writeFile(file, '{\n  "name": oops\n}');
    expectOneLine(await run('train', file), /job\.json.*line 2, column 11/);
  });

  it('shapes that do not fit, naming the layer', async () => {
    const layers = '[{"type":"dense","units":10},{"type":"conv2d","filters":2,"kernelSize":3}]';
    const finished = await run('train', 'mnist-mlp', '--in-process', '--set', `model.layers=${layers}`);
    expectOneLine(finished, /mnist-mlp: model\.layers\.1 \(conv2d\): expected .*found/);
  });

  it('a truncated data file', async () => {
    await using folder = await temporaryFolder();
    const file = (name: string) => join(folder.path, name);
    await writeFile(file('images'), Buffer.from([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3]));
    await writeFile(file('labels'), Buffer.from([0, 0, 8, 1, 0, 0, 0, 9, 0, 1, 0, 1, 0, 1, 0, 1, 0]));
    const paths = { trainingImages: 'images', trainingLabels: 'labels', testImages: 'images', testLabels: 'labels' };
    const job = JSON.parse(await readFile(new URL('../../coordinator/jobs/mnist-mlp.json', import.meta.url), 'utf8'));
    await writeFile(file('job.json'), JSON.stringify({ ...job, data: { source: 'idx', ...paths } }));
    expectOneLine(await run('train', file('job.json'), ...short), /images.*(cut off|truncated)/);
  });

  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await using folder = await temporaryFolder();
    expectOneLine(
      await run('train', 'mnist-mlp', '--port', String(port), '--run', join(folder.path, 'run')),
      new RegExp(`port ${port} is in use`),
    );
    server.close();
  });

  it('a run folder that holds something: nothing is overwritten', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'precious'), 'kept');
    expectOneLine(await run('train', 'mnist-mlp', ...short, '--run', folder.path), /not empty/);
    expect(await readdir(folder.path)).toEqual(['precious']);
  });

  it.each(['--in-process', '--workers=2'])('a run that diverges (%s), and what to try', async (how) => {
    await using folder = await temporaryFolder();
    const diverging = ['--set', 'optimizer.learningRate=1e30', '--set', 'steps=50', '--run', join(folder.path, 'run')];
    expectOneLine(
      await run('train', 'mnist-mlp', ...diverging, how),
      /diverged at step \d+: .*lower optimizer\.learningRate/,
    );
  });

  it('a run that diverges, saying of its checkpoints that none is sane', async () => {
    await using folder = await temporaryFolder();
    const diverging = ['--set', 'optimizer.learningRate=1e30', '--set', 'steps=50', '--run', join(folder.path, 'run')];
    const finished = await run('train', 'mnist-mlp', ...diverging, '--in-process', '--checkpoint-steps', '1');
    expectOneLine(
      finished,
      /no checkpoint is sane: no finite loss is known of .*step-00000001\.safetensors \(step 1\); the run began with \d/,
    );
  });

  it('an unreachable coordinator', async () => {
    expectOneLine(await run('worker', 'ws://127.0.0.1:9', '--no-retry', '--processes', '1'), /ws:\/\/127\.0\.0\.1:9/);
  });

  it('something that is not a URL', async () => {
    expectOneLine(await run('worker', 'nowhere', '--processes', '1'), /nowhere/);
  });

  it.each(['train mnist-mlp', 'worker ws://127.0.0.1:9'])('a token that can be guessed: %s', async (command) => {
    const finished = await run(...command.split(' '), '--token', 'hunter2');
    expectOneLine(finished, /the token has 7 characters: at least 16/);
    expect(finished.errors).not.toContain('hunter2');
    expect(finished.code).toBe(2);
  });

  it.each([
    [['train', '--nonsense'], /unknown option '--nonsense'/],
    [['train', 'iris', '--wrokers', '2'], /unknown option '--wrokers' \(Did you mean --workers\?\)/],
    [['train', 'iris', '--in-process', '--workers', '2'], /'--in-process' cannot be used with .*--workers/],
    [['train', 'iris', '--in-process', '--host', '0.0.0.0'], /'--in-process' cannot be used with .*--host/],
  ])('a mistake on the command line: %s', async (words, pattern) => {
    const finished = await run(...words);
    expectOneLine(finished, pattern);
    expect(finished.code).toBe(2);
  });

  it('a model or data that do not fit, naming the job', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'mine.json');
    const job = JSON.parse(await readFile(new URL('../../coordinator/jobs/mnist-mlp.json', import.meta.url), 'utf8'));
    const data = { source: 'csv', training: 'none.csv', target: 'x', testFraction: 0.5 };
    await writeFile(file, JSON.stringify({ ...job, data }));
    expectOneLine(await run('train', file, ...short), /mine\.json: .*none\.csv: no such file/);
    await writeFile(file, '[1, 2]');
    expectOneLine(await run('train', file), /mine\.json: expected an object, found a list/);
  });
});

describe('checkpoints', () => {
  it('are evaluated, and refused when torn, of another job, or missing', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const trained = await run('train', 'mnist-mlp', '--set', 'steps=40', '--in-process', '--run', path);
    expect(trained.code).toBe(0);
    const again = await run('train', '--resume', path, '--in-process');
    expect(again.output).toMatch(/^nothing was left to train; weights in .*step-00000040\.safetensors$/m);
    const evaluated = await run('evaluate', path);
    expect(evaluated.code).toBe(0);
    expect(evaluated.output.split('\n').at(-1)).toBe(/parameters SHA-256 \w+$/.exec(trained.output)?.[0]);

    expectOneLine(
      await run('evaluate', path, '--job', 'mnist-textbook'),
      /another job: .*optimizer\.learningRate|another job: .*batching/,
    );
    expectOneLine(await run('evaluate', join(folder.path, 'none')), /no such/);

    const [checkpoint = ''] = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
    const bytes = await readFile(join(path, checkpoint));
    const torn = join(folder.path, 'torn.safetensors');
    await writeFile(torn, bytes.subarray(0, bytes.length - 100));
    expectOneLine(await run('evaluate', torn), /torn\.safetensors.*(cut off|truncated)/);
    const flipped = join(folder.path, 'flipped.safetensors');
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await mkdir(join(folder.path, 'more'));
    await writeFile(flipped, bytes);
    expectOneLine(await run('evaluate', flipped), /flipped\.safetensors: damaged/);
  });
});

describe('a worker that asks for a token-protected run', () => {
  it('is refused without it, for good', async () => {
    await using folder = await temporaryFolder();
    const { command, url } = await startCoordinator(
      'mnist-mlp',
      '--token',
      'a-secret-of-24-characters',
      '--run',
      join(folder.path, 'run'),
    );
    expectOneLine(await run('worker', url, '--processes', '1'), /token/);
    command.signal('SIGINT');
    await command.finished;
  });
});
