import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { systemProcesses } from '../../../coordinator/records/processes.ts';

const { own, find } = systemProcesses;
const isLinux = process.platform === 'linux';

describe('the processes of this system', () => {
  it('have this one among them, which says the same of itself each time', () => {
    const { pid, start } = own();
    expect(pid).toBe(process.pid);
    expect(find(pid)?.start).toBe(start);
    expect(own()).toEqual(own());
  });

  it.runIf(isLinux)('tell when they began and of which start of the machine they are', () => {
    expect(own().start).toMatch(/^\d+$/);
    expect(own().boot).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('have one that runs, with a start of its own, and not any more once it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const { pid = 0 } = child;
    const found = find(pid);
    expect(found).toBeDefined();
    if (isLinux) expect(found?.start).not.toBe(own().start);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(find(pid)).toBeUndefined();
  });

  it.runIf(isLinux)('have no zombies', async () => {
    // The shell becomes a program that never asks how its child ended; then the child, which waits for input, ends.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 600 3<&-'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    const becomes = async (pid: number | undefined, status: RegExp) => {
      while (!status.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await new Promise(setImmediate);
    };
    try {
      const [output] = await once(parent.stdout as Readable, 'data');
      const pid = Number(output);
      await becomes(parent.pid, /\(sleep\)/);
      expect(find(pid)).toBeDefined();
      (parent.stdio[3] as Writable).end();
      await becomes(pid, /\) Z /);
      expect(find(pid)).toBeUndefined();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
