// A process and all those that it started, by what Linux tells of them.

import { readFile } from 'node:fs/promises';

/** Process ids, its own first; where there is no /proc, that alone. */
export async function processTree(pid: number): Promise<readonly number[]> {
  const children = await readProc(`${pid}/task/${pid}/children`);
  const below = (children.match(/\d+/g) ?? []).map((child) => processTree(Number(child)));
  return [pid, ...(await Promise.all(below)).flat()];
}

/** Milliseconds that a process and all those that it started have computed. */
export function computedTime(pid: number): Promise<number> {
  return sum(pid, async (one) => Number((await readProc(`${one}/schedstat`)).split(' ')[0] ?? 0) / 1e6);
}

/** Resident memory at its highest of a process and all those that it started, in bytes. */
export function peakMemory(pid: number): Promise<number> {
  return sum(pid, async (one) => Number(/VmHWM:\s+(\d+)/.exec(await readProc(`${one}/status`))?.[1] ?? 0) * 1024);
}

async function sum(pid: number, of: (pid: number) => Promise<number>): Promise<number> {
  const each = await Promise.all((await processTree(pid)).map(of));
  return each.reduce((total, one) => total + one, 0);
}

/** Nothing of a process that has ended. */
async function readProc(path: string): Promise<string> {
  return readFile(`/proc/${path}`, 'utf8').catch(() => '');
}
