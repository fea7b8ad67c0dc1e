// What the page of a tab costs its thread: while Web Workers train, beside the same page watching only; and while thirty who help
// are shown, in each view.

import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { formatTable, threeDigits } from '../../coordinator/command_line/table.ts';
import { runWorker } from '../../coordinator/library/run_worker.ts';
import { launchBrowser } from '../browser/browser.ts';
import { startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';

const tabs = 2;
const workersOfTab = '2';
const roundTime = 15_000;
const longTask = 50;

/** A task of a page's thread, in milliseconds: how long it lasted, and what it computed; the rest it was held up. */
interface PageTask {
  readonly duration: number;
  readonly computed: number;
}

/** Of the events of a trace, those used here (Trace Event Format; times in microseconds). */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * Two tabs with two Web Workers each and two processes train mnist-mlp, without the coordinator's share: six that compute
 * on a few cores, so that pages are held up by others too. Long tasks are told apart by the time the thread itself took.
 */
export async function benchPage(): Promise<void> {
  await using folder = await temporaryFolder();
  const { command, url } = await startCoordinator(
    ...['mnist-mlp', '--epochs', '1000', '--no-own-share', '--run', join(folder.path, 'run')],
  );
  const workers = [startWorker(url), startWorker(url)];
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext();
    const pages = await Promise.all(Array.from({ length: tabs }, () => context.newPage()));
    const address = url.replace('ws:', 'http:');
    for (const page of pages) {
      await page.goto(address);
      await page.getByRole('slider').fill(workersOfTab);
    }
    const watching = await tracedTasks(browser, () => wait(roundTime));
    const help = async (page: Page) => {
      await page.getByRole('button', { name: 'Help train' }).click();
      await page.getByText('2 of 2 workers connected').waitFor();
    };
    const helping = await tracedTasks(browser, () => Promise.all([wait(roundTime), ...pages.map(help)]));
    console.log(
      `\n${tabs} tabs of Chromium ${browser.version()} with ${workersOfTab} Web Workers each and two processes`,
    );
    console.log(formatTable(header, [row('watching', watching), row('helping', helping)]));
    const ratio = timeComputed(helping) / timeComputed(watching);
    console.log(`helping / watching: ${threeDigits(ratio)} (no task may compute for ${longTask} ms)`);
  } finally {
    await browser.close();
    command.signal('SIGKILL');
    await command.finished;
    await Promise.all(workers.map((worker) => worker.kill()));
  }
}

const shownWorkers = 30;

/** Thirty workers of this process, and a page in each view that shows them, with the model open where the view has it. */
export async function benchShownCrowd(): Promise<void> {
  await using folder = await temporaryFolder();
  const { command, url } = await startCoordinator(
    ...['mnist-mlp', '--epochs', '1000', '--no-own-share', '--run', join(folder.path, 'run')],
  );
  const control = new AbortController();
  setMaxListeners(shownWorkers, control.signal);
  const crowd = Array.from({ length: shownWorkers }, () => runWorker(url, { signal: control.signal }));
  const browser = await launchBrowser();
  try {
    const rows: string[][] = [];
    for (const view of ['laptop', 'phone', 'projector']) {
      const page = await browser.newPage({ viewport: { width: view === 'phone' ? 390 : 1920, height: 1080 } });
      await page.goto(`${url.replace('ws:', 'http:')}?view=${view}`);
      await page.getByRole('heading', { name: 'mnist-mlp' }).waitFor();
      if (view !== 'projector') await page.getByRole('button', { name: 'Try a picture' }).click();
      rows.push(row(`${view}, opening`, await tracedTasks(browser, () => wait(roundTime)), 1));
      rows.push(row(view, await tracedTasks(browser, () => wait(roundTime)), 1));
      await page.close();
    }
    console.log(`\n${shownWorkers} workers shown in Chromium ${browser.version()}`);
    console.log(formatTable(header, rows));
  } finally {
    control.abort();
    await browser.close();
    command.signal('SIGKILL');
    await command.finished;
    await Promise.allSettled(crowd);
  }
}

const header = ['a page’s thread', 'longest task, ms', 'computing, ms', `computed over ${longTask} ms`, 'busy'];

function row(name: string, tasks: readonly PageTask[], pages = tabs): string[] {
  return [
    name,
    threeDigits(Math.max(...tasks.map(({ duration }) => duration))),
    threeDigits(Math.max(...tasks.map(({ computed }) => computed))),
    String(tasks.filter(({ computed }) => computed > longTask).length),
    `${threeDigits((100 * timeComputed(tasks)) / (pages * roundTime))} %`,
  ];
}

function timeComputed(tasks: readonly PageTask[]): number {
  return tasks.reduce((sum, { computed }) => sum + computed, 0);
}

/** The tasks of all pages' threads while something goes on. */
async function tracedTasks(browser: Browser, goesOn: () => Promise<unknown>): Promise<readonly PageTask[]> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise<void>((resolve) => session.on('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel'] },
  });
  await goesOn();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const threads = new Set(
    events.filter(({ args }) => args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name === 'ThreadControllerImpl::RunTask' && threads.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('the browser traced no task of a page');
  return tasks.map(({ dur = 0, tdur = 0 }) => ({ duration: dur / 1000, computed: tdur / 1000 }));
}
