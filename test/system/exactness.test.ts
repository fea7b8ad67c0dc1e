// The exactness contract on real processes: the same job, the same bits, whoever computes them.

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { variants } from '../shared/native/twins.ts';
import { startFaultProxy } from './fault_proxy.ts';
import { digestIn, endless, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';
import { digestsOf, Reference, stepsOf } from './reference.ts';

/** Whose gradients the ledger of a run names. */
async function contributorsIn(folder: string): Promise<ReadonlySet<string>> {
  const steps = await stepsOf(folder);
  return new Set(steps.flatMap(({ contributions }) => contributions.map(([worker]) => worker)));
}

/** mnist-mlp on real MNIST; a mini-batch of 11 microbatches, the last one smaller. */
const openEnded = ['mnist-mlp', '--set', 'batchSize=270'];
const job = [...openEnded, '--set', 'steps=60'];

const alone = new Reference(openEnded);
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

describe('the parameters have the same SHA-256', () => {
  it.each(['wasm', ...new Set(variants.map(([set]) => set))])('by the engine %s', async (engine) => {
    await using folder = await temporaryFolder();
    const flags = ['--in-process', '--engine', engine, '--run', join(folder.path, 'run')];
    expect(digestIn(await run('train', ...job, ...flags))).toBe(reference);
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

  it('with a worker of two threads beside one of one, neither measured before', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url } = await startCoordinator(...job, '--no-own-share', '--run', path);
    const workers = [startWorker(url, {}, 2), startWorker(url)];
    const finished = await command.finished;
    await Promise.all(workers.map(({ exited }) => exited));
    expect((await contributorsIn(path)).size).toBeGreaterThan(0);
    expect(digestIn(finished)).toBe(reference);
  });

  it('with workers that join late and are killed with SIGKILL on the way', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url, advanced } = await startCoordinator(...openEnded, ...endless, '--run', path);
    const workers = [startWorker(url), startWorker(url)];
    for (const kills of [1, 2, 3, 4, 5]) {
      workers.push(startWorker(url));
      await command.matches(/worker \w+ joined/, workers.length + kills - 1);
      await advanced(20);
      await workers.shift()?.kill();
      await command.matches(/worker \w+ left/, kills);
    }
    const { step } = await command.stop();
    await Promise.all(workers.map((worker) => worker.kill()));
    expect(await digestsOf(path)).toEqual(await alone.digests(step));
  });

  it('with no worker left for a while: the run waits and goes on with the next', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url, advanced } = await startCoordinator(...openEnded, ...endless, '--run', path);
    const first = startWorker(url);
    await advanced(10);
    await first.kill();
    await command.match(/no workers: waiting until one connects/);
    const second = startWorker(url);
    await command.matches(/worker \w+ joined/, 2);
    await advanced(10);
    const { step } = await command.stop();
    await second.kill();
    expect(await digestsOf(path)).toEqual(await alone.digests(step));
  });

  it('with a worker that freezes while it holds a lease: its shard is lent again', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const flags = ['--no-own-share', '--run', path];
    const { command, url, advanced } = await startCoordinator(...openEnded, ...endless, ...flags);
    const [frozen, other] = [startWorker(url), startWorker(url)];
    await command.matches(/worker \w+ joined/, 2);
    await advanced(20);
    frozen.freeze();
    // The coordinator does not know, and lends to it in each of these steps until it does.
    await advanced(20);
    const { step } = await command.stop();
    await Promise.all([frozen.kill(), other.kill()]);
    expect(await digestsOf(path)).toEqual(await alone.digests(step));
  });

  it('with any size of shard that workers of different speed get, in the fused profile too', async () => {
    await using folder = await temporaryFolder();
    const fused = [...job, '--set', 'numerics=fused'];
    const one = digestIn(await run('train', ...fused, '--in-process', '--run', join(folder.path, 'one')));
    const many = digestIn(await run('train', ...fused, '--workers', '3', '--run', join(folder.path, 'many')));
    expect(many).toBe(one);
    expect(many).not.toBe(reference);
  });
});

describe('a run that is stopped by Ctrl-C', () => {
  it('ends with a checkpoint that it names, and resumes to the same bits', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url } = await startCoordinator(...job, '--no-own-share', '--run', path);
    // A gradient takes two frames: the hundredth belongs to one of the first 50 steps.
    const proxy = await startFaultProxy(url, [{ direction: 'to coordinator', kind: 'hold', frame: 100 }]);
    const worker = startWorker(proxy.url);
    await proxy.allFired;
    const stopped = await command.stop();
    await worker.kill();
    await proxy.close();
    expect(stopped.code).toBe(130);
    expect(stopped.step).toBeLessThan(60);
    expect(stopped.checkpoint).toMatch(/step-\d+\.safetensors$/);
    expect(stopped.output).toContain(` train --resume ${path}`);
    const resumed = await run('train', '--resume', path, '--workers', '2');
    expect(resumed.code).toBe(0);
    expect(digestIn(resumed)).toBe(reference);
    expect(digestIn(await run('train', '--resume', stopped.checkpoint, '--in-process'))).toBe(reference);
    const changed = await run('train', '--resume', stopped.checkpoint, '--set', 'optimizer.learningRate=0.2');
    expect(changed.errors).toMatch(/another job: they differ in optimizer\.learningRate/);
    expect(changed.code).toBe(1);
  });
});
