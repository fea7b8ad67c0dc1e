// Another run's weights, frozen, with adapters beside them, averaged, stopped early: the same bits on real processes.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFaultProxy } from './fault_proxy.ts';
import { digestIn, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';
import { steps, writeTunedJob } from './tuned_job.ts';

const folder = await temporaryFolder();
const at = (name: string) => join(folder.path, name);
const train = (job: string, name: string, ...flags: string[]) => run('train', at(job), '--run', at(name), ...flags);

beforeAll(() => writeTunedJob(folder.path));
afterAll(() => folder[Symbol.asyncDispose]());

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

  it('has the same bits when it is stopped on the way and resumed', async () => {
    const { command, url } = await startCoordinator(at('tuned.json'), '--no-own-share', '--run', at('stopped'));
    const proxy = await startFaultProxy(url, [{ direction: 'to coordinator', kind: 'hold', frame: 8 }]);
    const worker = startWorker(proxy.url);
    await proxy.allFired;
    const { step } = await command.stop();
    await worker.kill();
    await proxy.close();
    expect(step).toBeLessThan(steps);
    expect(digestIn(await run('train', '--resume', at('stopped'), '--workers', '2'))).toBe(reference);
  });

  it('is what evaluate measures, and agrees with its replay', async () => {
    const evaluated = await run('evaluate', at('alone'));
    expect(evaluated.output).toContain(`parameters SHA-256 ${reference}`);
    const replayed = await run('replay', at('alone'));
    expect(replayed.output).toContain(`agrees: all ${steps} steps`);
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
