// One coordinator, one run, with real processes: whoever comes second is refused, whoever died is replaced.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Command, endless, run, startCoordinator, startWorker, temporaryFolder } from './processes.ts';

const resume = (folder: string) => new Command(['train', '--resume', folder, '--workers', '0', '--port', '0']);

/** Everything in a folder. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const)),
  );
}

/** Resolves when the ledger says that the run goes on: nothing else is written until it does a step. */
async function resumedIn(folder: string): Promise<void> {
  while (!(await readFile(join(folder, 'ledger.jsonl'), 'utf8')).includes('"type":"resumed"')) await wait(10);
}

describe('the folder of a run', () => {
  let folder = '';

  beforeAll(async () => {
    const temporary = await temporaryFolder();
    folder = join(temporary.path, 'run');
    const { command, url, reached } = await startCoordinator('mnist-mlp', ...endless, '--run', folder);
    const worker = startWorker(url);
    await reached(5);
    await command.stop();
    await worker.kill();
    return () => temporary[Symbol.asyncDispose]();
  });

  it('has no lock once its run has ended', async () => {
    expect(await readdir(folder)).not.toContain('run.lock');
  });

  it('refuses a second coordinator in one line, and is left as it was; those who only read are let in', async () => {
    const { command } = await startCoordinator('--resume', folder);
    await resumedIn(folder);
    const before = await contentsOf(folder);
    expect(JSON.parse(before.get('run.lock') ?? '')).toMatchObject({ pid: command.pid });
    const second = await resume(folder).finished;
    expect(second).toMatchObject({ code: 1, output: '' });
    expect(second.errors).toBe(
      `error: run folder ${folder}: process ${command.pid} trains in it; stop that one first, or resume to another folder with --run\n`,
    );
    expect(await contentsOf(folder)).toEqual(before);
    expect((await run('evaluate', folder)).code).toBe(0);
    expect((await run('replay', folder)).code).toBe(0);
    await command.stop();
    expect(await readdir(folder)).not.toContain('run.lock');
  });

  it('is taken over by exactly one of two that come after a SIGKILL', async () => {
    const { command } = await startCoordinator('--resume', folder);
    command.signal('SIGKILL');
    await command.finished;
    expect(await readdir(folder)).toContain('run.lock');
    const both = [resume(folder), resume(folder)];
    const fates = await Promise.all(
      both.map(async (each) => {
        const isIn = await each.match(/listening on/).then(
          () => true,
          () => false,
        );
        return { command: each, isIn };
      }),
    );
    const [winner, ...others] = fates.filter(({ isIn }) => isIn);
    const [loser] = fates.filter(({ isIn }) => !isIn);
    expect(others).toEqual([]);
    expect((await loser?.command.finished)?.errors).toContain(`process ${winner?.command.pid} trains in it`);
    await winner?.command.stop();
    expect(await readdir(folder)).not.toContain('run.lock');
  });
});
