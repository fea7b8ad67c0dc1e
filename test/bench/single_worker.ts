// A run of mnist-mlp with all on one worker, a process or a tab: what a step takes, and the coordinator's part of it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';
import { stepTime } from './step_time.ts';

const warmUpTime = 3_000;
const measuredTime = 10_000;

/** Of the times in `/proc/…/stat` (proc(5)), in milliseconds. */
const tick = 10;

export interface WorkerTimes {
  readonly step: number;
  /** Processor time of the coordinator a step; undefined where the system does not tell. */
  readonly coordinator: number | undefined;
}

/** Milliseconds a step. */
export async function timeWorker(kind: 'node' | Browser): Promise<WorkerTimes> {
  await using folder = await temporaryFolder();
  const { command, url, status } = await startCoordinator(
    ...['mnist-mlp', '--epochs', '1000', '--no-own-share', '--run', join(folder.path, 'run')],
  );
  const worker = kind === 'node' ? startWorker(url) : undefined;
  const page = kind === 'node' ? undefined : await kind.newPage();
  try {
    await page?.goto(`${url.replace('ws:', 'http:')}?join`);
    await page?.getByTestId('answers').waitFor();
    await wait(warmUpTime);
    const before = await processorTime(command.pid);
    const step = await stepTime(status, 0, measuredTime);
    const after = await processorTime(command.pid);
    const computed = before === undefined || after === undefined ? undefined : after - before;
    return { step, coordinator: computed === undefined ? undefined : (computed * step) / measuredTime };
  } finally {
    command.signal('SIGKILL');
    await command.finished;
    await worker?.kill();
    await page?.close();
  }
}

/** Milliseconds that a process has computed, in the system for it too. */
async function processorTime(pid: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * tick;
}
