// Local workers as a run's owner sees them: their trouble is told, and processes that hang cannot keep a run from ending,
// nor outlive it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Command, endless, temporaryFolder } from './processes.ts';
import { digestsOf, Reference } from './reference.ts';

/** The parent of a process, or undefined once it is gone (or only waits to be noticed). */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything but ends with the last parenthesis: state, parent, …
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): readonly number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((process) => parentOf(process) === pid);
}

async function until<Value>(find: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await wait(20);
  }
}

/** A run without an end, on two local workers that have joined: the supervisor's process and theirs. */
async function startRun(folder: string) {
  const command = new Command(['train', 'mnist-mlp', ...endless, '--workers', '2', '--run', folder]);
  await command.match(/2 workers/);
  const supervisor = await until(() => childrenOf(command.pid)[0]);
  const workers = childrenOf(supervisor);
  expect(workers).toHaveLength(2);
  return { command, supervisor, workers };
}

describe.runIf(process.platform === 'linux')('train ends, and leaves no process behind,', () => {
  it('though the supervisor of its workers and one of these are frozen', async () => {
    await using folder = await temporaryFolder();
    const { command, supervisor, workers } = await startRun(join(folder.path, 'run'));
    process.kill(supervisor, 'SIGSTOP');
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    command.signal('SIGINT');
    const { code, output } = await command.finished;
    expect(output).toMatch(/stopped after step \d+/);
    expect(code).toBe(130);
    for (const pid of [supervisor, ...workers]) await until(() => (parentOf(pid) === undefined ? true : undefined));
  });

  it('though its supervisor was killed while a worker was frozen', async () => {
    await using folder = await temporaryFolder();
    const { command, supervisor, workers } = await startRun(join(folder.path, 'run'));
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    process.kill(supervisor, 'SIGKILL');
    await command.match(/local workers ended: SIGKILL; the run waits for others/);
    for (const pid of workers) await until(() => (parentOf(pid) === undefined ? true : undefined));
    command.signal('SIGINT');
    expect((await command.finished).code).toBe(130);
  });
});

describe.runIf(process.platform === 'linux')('a fault of native code in a worker', () => {
  it('costs the process, which is replaced, and its leases; the bits are those of a run without', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const { command, supervisor, workers } = await startRun(path);
    process.kill(workers[0] ?? 0, 'SIGSEGV');
    await command.match(/SIGSEGV/);
    await until(() => (childrenOf(supervisor).some((pid) => !workers.includes(pid)) ? true : undefined));
    await command.matches(/2 workers/, 2);
    const { step } = await command.stop();
    expect(await digestsOf(path)).toEqual(await new Reference(['mnist-mlp']).digests(step));
  });
});

describe.runIf(process.platform === 'linux')('local workers end with their coordinator,', () => {
  it('though it was killed before they could notice', async () => {
    await using folder = await temporaryFolder();
    const command = new Command([
      'train',
      'mnist-mlp',
      ...endless,
      '--workers',
      '2',
      '--run',
      join(folder.path, 'run'),
    ]);
    const supervisor = await until(() => childrenOf(command.pid)[0]);
    command.signal('SIGKILL');
    await command.finished;
    await until(() => (parentOf(supervisor) === undefined ? true : undefined));
  });
});

describe('train whose reader has gone', () => {
  it('stops as Ctrl-C stops it: with a checkpoint, said where it can be read, and without its workers', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'run');
    const command = new Command(['train', 'mnist-mlp', ...endless, '--workers', '1', '--run', path]);
    await command.match(/listening on/);
    command.stopReading();
    const { code, errors } = await command.finished;
    expect(errors).toMatch(/^stopped after step \d+ of \d+; checkpoint .*step-\d+\.safetensors\nresume with: .*\n$/);
    expect(code).toBe(130);
  });
});

describe('a command that prints and ends', () => {
  it('ends without a word when its reader has gone', async () => {
    const command = new Command(['jobs']);
    command.stopReading();
    expect(await command.finished).toMatchObject({ code: 141, errors: '' });
  });
});

describe('train tells', () => {
  it('why a local worker cannot join', async () => {
    await using folder = await temporaryFolder();
    const run = ['train', 'mnist-mlp', '--set', 'epochs=1000', '--run', join(folder.path, 'run')];
    const command = new Command([...run, '--workers', '2', '--max-connections', '1']);
    await command.match(
      /local workers: cannot join ws:.*: too much at once: at most 1 connections at a time; come back in \d+ s; retrying/,
    );
    command.signal('SIGINT');
    expect((await command.finished).code).toBe(130);
  });
});
