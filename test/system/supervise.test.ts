// A supervised run: its coordinator dies, again and again, and the run ends in the bits of an undisturbed one.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checkpointSteps } from '../../coordinator/records/run_folder.ts';
import { Command, digestIn, endless, run, startWorker, temporaryFolder } from './processes.ts';
import { digestsOf, Reference } from './reference.ts';

const openEnded = ['mnist-mlp', '--set', 'batchSize=270'];
const finite = [...openEnded, '--set', 'steps=60'];
const alone = new Reference(openEnded);
const forOthers = ['--workers', '0', '--no-own-share'];

/** A supervised run, and what its coordinator listens on. */
async function startSupervised(...trainArguments: readonly string[]) {
  const command = new Command(['train', '--supervise', ...trainArguments]);
  const [, url = ''] = await command.match(/listening on (wss?:[^;\s]+)/);
  let kills = 0;
  return {
    command,
    url,
    /** Kills the coordinator, and waits until the next one listens. */
    async killCoordinator(): Promise<void> {
      process.kill(await childOf(command.pid), 'SIGKILL');
      kills += 1;
      await command.matches(/listening on ws:/, kills + 1);
    },
  };
}

async function childOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]);
  return Number(stdout.trim());
}

/** The step of a run's newest checkpoint; 0 before the first. */
async function newestStep(folder: string): Promise<number> {
  const [newest = 0] = await checkpointSteps(folder);
  return newest;
}

/** Resolves when a run has a checkpoint behind a step. */
async function checkpointBehind(folder: string, step: number): Promise<void> {
  while ((await newestStep(folder)) <= step) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a supervised run', () => {
  it('goes on to the same bits when its coordinator is killed, with workers that find its port again', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const flags = ['--run', path, '--checkpoint-steps', '10', ...forOthers];
    const { command, url, killCoordinator } = await startSupervised(...openEnded, ...endless, ...flags);
    const worker = startWorker(url);
    let step = 0;
    for (const _ of [1, 2, 3]) {
      await checkpointBehind(path, step);
      await killCoordinator();
      // The killed one may have gone on for a while: only what comes from here on is the next one's own.
      step = await newestStep(path);
    }
    await checkpointBehind(path, step);
    const stopped = await command.stop();
    await worker.kill();
    expect(stopped.code).toBe(130);
    const urls = await command.matches(/listening on (wss?:[^;\s]+)/, 4);
    expect(new Set(urls.map(([, found]) => found))).toEqual(new Set([url]));
    expect(stopped.errors).toBe(
      `warning: the coordinator died (killed by SIGKILL); resuming ${path} in 1 s\n`.repeat(3),
    );
    const digests = await digestsOf(path);
    const reference = await alone.digests(stopped.step);
    expect(digests.at(-1)).toBe(reference.at(-1));
    expect(new Set(digests)).toEqual(new Set(reference));
  });

  it('goes on with local workers of each coordinator’s own', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const flags = ['--run', path, '--checkpoint-steps', '10', '--workers', '1', '--no-own-share'];
    const { command, killCoordinator } = await startSupervised(...openEnded, ...endless, ...flags);
    await checkpointBehind(path, 0);
    await killCoordinator();
    await checkpointBehind(path, await newestStep(path));
    const stopped = await command.stop();
    expect((await digestsOf(path)).at(-1)).toBe((await alone.digests(stopped.step)).at(-1));
  });

  it('begins again when its coordinator died before the first checkpoint, and ends with its coordinator', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, url, killCoordinator } = await startSupervised(...finite, '--run', path, ...forOthers);
    await killCoordinator();
    const worker = startWorker(url);
    const finished = await command.finished;
    await worker.exited;
    expect(finished.code).toBe(0);
    expect(finished.errors).toContain(`run folder ${path}: has no checkpoint yet; the run begins again\n`);
    const undisturbed = await run('train', ...finite, '--in-process', '--run', join(folder.path, 'undisturbed'));
    expect(digestIn(finished)).toBe(digestIn(undisturbed));
    expect(digestIn(await run('replay', path))).toBe(digestIn(undisturbed));
  });

  it('stops with a checkpoint when its supervisor is killed', async () => {
    await using folder = await temporaryFolder();
    const flags = ['--run', join(folder.path, 'run'), ...forOthers];
    const { command } = await startSupervised(...openEnded, ...endless, ...flags);
    command.signal('SIGKILL');
    // Its output ends when the coordinator does.
    expect((await command.finished).output).toMatch(/stopped after step \d+ of \d+; checkpoint /);
  });

  it('ends at once with the mistake of its user', async () => {
    const finished = await run('train', '--supervise', 'mnist-mpl');
    expect(finished.code).toBe(1);
    expect(finished.errors).toMatch(/^error: job mnist-mpl: no such job.*\n$/);
  });
});
