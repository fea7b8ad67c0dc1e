// The exactness contract where it is hardest to keep: batch norm, whose statistics depend on what is computed together,
// layers that draw at random, and an optimizer that counts steps.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, steps } from './drawn_layers_job.ts';
import { startFaultProxy } from './fault_proxy.ts';
import { digestIn, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';
import { digestsOf } from './reference.ts';

const folder = await temporaryFolder();
const file = join(folder.path, 'job.json');
const runIn = (name: string) => join(folder.path, name);
let reference = '';

beforeAll(async () => {
  await writeFile(file, JSON.stringify(job));
  reference = digestIn(await run('train', file, '--in-process', '--run', runIn('alone')));
});

afterAll(async () => folder[Symbol.asyncDispose]());

describe('a job with batch norm, augmentation, dropout and AdamW has the same bits', () => {
  it.each([
    ['1 worker process', ['--workers', '1', '--no-own-share']],
    ['3 worker processes and the coordinator’s own share', ['--workers', '3']],
    ['7 worker processes', ['--workers', '7', '--no-own-share']],
  ])('on %s', async (name, flags) => {
    const finished = await run('train', file, ...flags, '--run', runIn(name));
    expect(finished.errors).toBe('');
    expect(digestIn(finished)).toBe(reference);
    expect(await digestsOf(runIn(name))).toEqual(await digestsOf(runIn('alone')));
  });

  it('when it is stopped on the way and resumed', async () => {
    const { command, url } = await startCoordinator(file, '--no-own-share', '--run', runIn('stopped'));
    const proxy = await startFaultProxy(url, [{ direction: 'to coordinator', kind: 'hold', frame: 30 }]);
    const worker = startWorker(proxy.url);
    await proxy.allFired;
    const { step } = await command.stop();
    await worker.kill();
    await proxy.close();
    expect(step).toBeLessThan(steps);
    expect(digestIn(await run('train', '--resume', runIn('stopped'), '--workers', '2'))).toBe(reference);
  });

  it('when it is replayed', async () => {
    const { output, code } = await run('replay', runIn('alone'));
    expect(code).toBe(0);
    expect(output).toContain(`agrees: all ${steps} steps from 1 to ${steps}`);
    expect(output).toContain(reference);
  });

  it('only with its own seed', async () => {
    const flags = ['--set', 'seed=6', '--in-process', '--run', runIn('another seed')];
    expect(digestIn(await run('train', file, ...flags))).not.toBe(reference);
  });
});
