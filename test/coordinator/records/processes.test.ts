import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
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
    // The shell leaves its child to a program that never asks how it ended.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 600']);
    try {
      const [output] = await once(parent.stdout, 'data');
      const pid = Number(output);
      while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await new Promise(setImmediate);
      expect(find(pid)).toBeUndefined();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
