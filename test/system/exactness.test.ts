// The exactness contract on real processes: the same job, the same bits, whoever computes them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLedger } from '../../coordinator/records/ledger.ts';
import { ledgerFile } from '../../coordinator/records/run_folder.ts';
import { digestIn, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';

/** Whose gradients the ledger of a run names. */
async function contributorsIn(folder: string): Promise<ReadonlySet<string>> {
  const { records } = readLedger(await readFile(ledgerFile(folder)));
  return new Set(
    records.flatMap((record) => (record.type === 'step' ? record.contributions.map(([worker]) => worker) : [])),
  );
}

/** mnist-mlp on real MNIST, shortened; a mini-batch of 11 microbatches, the last one smaller. */
const job = ['mnist-mlp', '--set', 'steps=60', '--set', 'batchSize=270'];

let reference = '';

beforeAll(async () => {
  await using folder = await temporaryFolder();
  reference = digestIn(await run('train', ...job, '--in-process', '--run', join(folder.path, 'run')));
});

describe('the in-process run', () => {
  it('ends with the golden bits, which change only together with the engine', () => {
    expect(reference).toBe('a6898ac7cb49315c6c5d359b98be89b9c7f0c0ca32ffd1dd9fee9495580ad4ae');
  });
});

describe('the parameters after the last step have the SHA-256 of the in-process run', () => {
  it.each([
    ['1 worker process', ['--workers', '1', '--no-own-share']],
    ['1 worker process and the coordinator’s own share', ['--workers', '1']],
    ['2 worker processes', ['--workers', '2', '--no-own-share']],
    ['3 worker processes and the coordinator’s own share', ['--workers', '3']],
    ['7 worker processes', ['--workers', '7', '--no-own-share']],
  ])('with %s', async (_, flags) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const finished = await run('train', ...job, ...flags, '--run', path);
    expect(finished.code).toBe(0);
    expect((await contributorsIn(path)).has('coordinator')).toBe(!flags.includes('--no-own-share'));
    expect(digestIn(finished)).toBe(reference);
  });

  it('with workers that join late and are killed with SIGKILL on the way', async () => {
    await using folder = await temporaryFolder();
    const longer = ['mnist-mlp', '--set', 'steps=300', '--set', 'batchSize=270'];
    const undisturbed = run('train', ...longer, '--in-process', '--run', join(folder.path, 'undisturbed'));
    const { command, url, reached } = await startCoordinator(...longer, '--run', join(folder.path, 'run'));
    const workers = [startWorker(url)];
    let killed = 0;
    for (const step of [20, 60, 100, 140, 180]) {
      await reached(step);
      workers.push(startWorker(url), startWorker(url));
      await workers.shift()?.kill();
      killed += 1;
    }
    const finished = await command.finished;
    await Promise.all(workers.map(({ exited }) => exited));
    expect(killed).toBe(5);
    // On a busy machine some may have been killed before they had joined.
    expect(finished.output.match(/worker \w+ left/g)?.length).toBeGreaterThan(0);
    expect(digestIn(finished)).toBe(digestIn(await undisturbed));
  });

  it('with no worker left for a while: the run waits and goes on with the next', async () => {
    await using folder = await temporaryFolder();
    const { command, url, reached, status } = await startCoordinator(...job, '--run', join(folder.path, 'run'));
    const first = startWorker(url);
    await reached(10);
    await first.kill();
    while ((await status())?.workers !== 0);
    const second = startWorker(url);
    expect(digestIn(await command.finished)).toBe(reference);
    await second.exited;
  });

  it('with a worker that freezes while it holds a lease: its shard is lent again', async () => {
    await using folder = await temporaryFolder();
    const flags = ['--no-own-share', '--run', join(folder.path, 'run')];
    const { command, url, reached } = await startCoordinator(...job, ...flags);
    const [frozen, other] = [startWorker(url), startWorker(url)];
    await reached(20);
    frozen.freeze();
    const finished = await command.finished;
    await frozen.kill();
    await other.exited;
    expect(finished.code).toBe(0);
    expect(digestIn(finished)).toBe(reference);
  });

  it('with any size of shard that workers of different speed get, in the fused profile too', async () => {
    await using folder = await temporaryFolder();
    const fused = [...job, '--set', 'numerics=fused'];
    const alone = digestIn(await run('train', ...fused, '--in-process', '--run', join(folder.path, 'alone')));
    const shared = digestIn(await run('train', ...fused, '--workers', '3', '--run', join(folder.path, 'shared')));
    expect(shared).toBe(alone);
    expect(shared).not.toBe(reference);
  });
});

describe('a run that is stopped by Ctrl-C', () => {
  it('ends with a checkpoint that it names, and resumes to the same bits', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url, reached } = await startCoordinator(...job, '--run', path);
    const worker = startWorker(url);
    await reached(15);
    command.signal('SIGINT');
    const stopped = await command.finished;
    await worker.kill();
    expect(stopped.code).toBe(130);
    expect(stopped.output).toMatch(/stopped after step \d+ of 60; checkpoint \S+step-\d+\.safetensors/);
    expect(stopped.output).toContain(`gradswarm train --resume ${path}`);
    const resumed = await run('train', '--resume', path, '--workers', '2');
    expect(resumed.code).toBe(0);
    expect(digestIn(resumed)).toBe(reference);
    const [, checkpoint = ''] = /checkpoint (\S+)/.exec(stopped.output) ?? [];
    expect(digestIn(await run('train', '--resume', checkpoint, '--in-process'))).toBe(reference);
    const changed = await run('train', '--resume', checkpoint, '--set', 'optimizer.learningRate=0.2');
    expect(changed.errors).toMatch(/another job: they differ in optimizer\.learningRate/);
    expect(changed.code).toBe(1);
  });
});
