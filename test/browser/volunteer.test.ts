// Browser tabs that train: real Chromium, real Web Workers, over a host name that is no secure context.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job as drawnLayers } from '../system/drawn_layers_job.ts';
import { startFaultProxy } from '../system/fault_proxy.ts';
import { digestIn, endless, run, startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';
import { digestsOf, Reference, stepsOf } from '../system/reference.ts';
import { writeTunedJob } from '../system/tuned_job.ts';
import { canHideTabs, launchBrowser, openContext, plainHost } from './browser.ts';
import { startNetworkSwitch } from './network_switch.ts';
import { PlainBrowser } from './plain_browser.ts';

const job = ['mnist-mlp', '--set', 'batchSize=100'];
const reference = new Reference(job);

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** A run that computes nothing itself. */
async function coordinator(length: readonly string[] = endless, trained: readonly string[] = job) {
  const temporary = await temporaryFolder();
  const folder = join(temporary.path, 'run');
  const flags = ['--no-own-share', '--allow-host', plainHost, '--run', folder];
  const started = await startCoordinator(...trained, ...length, ...flags);
  const page = new URL(started.url.replace('ws:', 'http:'));
  page.hostname = plainHost;
  const dispose = async () => {
    started.command.signal('SIGKILL');
    await started.command.finished;
    await temporary[Symbol.asyncDispose]();
  };
  return { ...started, folder, page: page.href, [Symbol.asyncDispose]: dispose };
}

/** Stops the run; every step of it must have the bits of one process alone. */
async function expectReferenceBits({ command, folder }: Awaited<ReturnType<typeof coordinator>>): Promise<void> {
  const { step } = await command.stop();
  expect(await digestsOf(folder)).toEqual(await reference.digests(step));
}

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

const helpTrain = (page: Page) => page.getByRole('button', { name: 'Help train' }).click();

/** Resolves when the tab has answered leases. */
async function untilItHelps(page: Page): Promise<void> {
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=answers]')?.textContent ?? '0') !== 0);
}

interface CompilationNotes {
  readonly compilations: string[];
}

/** Runs on a page before its own scripts, not in its Web Workers: notes whatever makes the engine there. */
function noteCompilations(): void {
  const compilations: string[] = [];
  Object.assign(globalThis, { compilations });
  const { WebAssembly: original } = globalThis;
  for (const name of ['Module', 'compile', 'compileStreaming', 'instantiate', 'instantiateStreaming'] as const) {
    const noted = new Proxy(original[name], {
      apply(target, self, given) {
        compilations.push(name);
        return Reflect.apply(target, self, given);
      },
      construct(target, given) {
        compilations.push(name);
        return Reflect.construct(target, given);
      },
    });
    Object.assign(original, { [name]: noted });
  }
}

describe('a browser tab', () => {
  it('helps by one button, is no secure context, and the run ends with the reference bits', async () => {
    await using started = await coordinator(['--set', 'schedule={"kind":"constant"}', '--set', 'steps=150']);
    const context = await openContext(browser);
    const page = await openTab(context, started.page);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await helpTrain(page);
    const finished = await started.command.finished;
    expect(finished.output).toMatch(/worker \w+ joined \(browser, 127\.0\.0\.1\)/);
    expect(digestIn(finished)).toBe((await reference.digests(150)).at(-1));
    await context.close();
  });

  it('has the reference bits with a crew of two that share no memory, over one connection', async () => {
    await using started = await coordinator(['--set', 'schedule={"kind":"constant"}', '--set', 'steps=150']);
    const context = await openContext(browser);
    const page = await openTab(context, started.page);
    expect(await page.evaluate(() => typeof SharedArrayBuffer)).toBe('undefined');
    await page.getByRole('slider').fill('2');
    const mate = page.waitForEvent('worker', (worker) => page.workers().length > 1 && /volunteer/.test(worker.url()));
    await helpTrain(page);
    await mate;
    const finished = await started.command.finished;
    expect(finished.output.match(/joined \(browser/g)).toHaveLength(1);
    expect(digestIn(finished)).toBe((await reference.digests(150)).at(-1));
    await context.close();
  });

  it('has the reference bits of layers that draw at random, and of batch norm', async () => {
    await using temporary = await temporaryFolder();
    const file = join(temporary.path, 'job.json');
    await writeFile(file, JSON.stringify(drawnLayers));
    const alone = await run('train', file, '--in-process', '--run', join(temporary.path, 'alone'));
    await using started = await coordinator([], [file]);
    const context = await openContext(browser);
    await helpTrain(await openTab(context, started.page));
    expect(digestIn(await started.command.finished)).toBe(digestIn(alone));
    await context.close();
  });

  it('has the reference bits of adapters beside frozen weights, among other workers', async () => {
    await using temporary = await temporaryFolder();
    const file = await writeTunedJob(temporary.path);
    const alone = await run('train', file, '--in-process', '--run', join(temporary.path, 'alone'));
    await using started = await coordinator([], [file]);
    // A process begins; its third large answer never arrives, so that the tab, which comes then, has the rest to do.
    const proxy = await startFaultProxy(started.url, [{ direction: 'to coordinator', kind: 'hold', frame: 3 }]);
    const worker = startWorker(proxy.url);
    await proxy.allFired;
    const context = await openContext(browser);
    await helpTrain(await openTab(context, started.page));
    expect(digestIn(await started.command.finished)).toBe(digestIn(alone));
    const contributions = (await stepsOf(started.folder)).flatMap((step) => step.contributions);
    expect(new Set(contributions.map(([contributor]) => contributor)).size).toBe(2);
    await context.close();
    await worker.kill();
    await proxy.close();
  });

  it('survives being reloaded, put offline, frozen and closed in the middle of its work', async () => {
    await using started = await coordinator();
    const network = await startNetworkSwitch(Number(new URL(started.page).port));
    const context = await openContext(browser);
    const page = await openTab(context, `http://${plainHost}:${network.port}/`);
    await helpTrain(page);
    await untilItHelps(page);

    await page.reload();
    await helpTrain(page);
    await untilItHelps(page);

    network.off();
    await page.getByText('the coordinator cannot be reached').first().waitFor();
    await page.getByText(/trying again/).waitFor();
    network.on();
    await page.getByText('1 of 1 workers connected').waitFor();

    // As the browser freezes a tab in the background.
    const session = await context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    const other = await openTab(context, started.page);
    await helpTrain(other);
    await untilItHelps(other);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await page.close();
    await started.command.matches(/worker \w+ left/, 3);
    await started.advanced(10);

    await expectReferenceBits(started);
    expect(await started.command.matches(/worker \w+ joined \(browser/, 4)).toHaveLength(4);
    await context.close();
    network.close();
  });

  it.runIf(canHideTabs)('works on while it is hidden', async () => {
    await using started = await coordinator();
    await using plain = await PlainBrowser.launch();
    const tab = await plain.openTab(started.page);
    await tab.until("document.querySelector('button.primary') !== null");
    await tab.evaluate("document.querySelector('button.primary').click()");
    const answers = "Number((document.querySelector('[data-testid=answers]')?.textContent ?? '0').replaceAll(',', ''))";
    await tab.until(`${answers} > 0`);
    const other = await plain.openTab('about:blank');
    await other.show();
    await tab.until("document.visibilityState === 'hidden'");
    const before = Number(await tab.evaluate(answers));
    await tab.until(`${answers} > ${before + 20}`);
    expect(await tab.evaluate('document.visibilityState')).toBe('hidden');
    await expectReferenceBits(started);
  });

  it('works together with other tabs and processes, computing nothing on its page’s thread', async () => {
    await using started = await coordinator();
    const context = await openContext(browser);
    await context.addInitScript(noteCompilations);
    const tabs: Page[] = [];
    for (let tab = 0; tab < 2; tab++) {
      const page = await openTab(context, started.page);
      await page.getByRole('slider').fill('2');
      tabs.push(page);
    }
    await Promise.all(tabs.map(helpTrain));
    const processes = [startWorker(started.url), startWorker(started.url)];
    for (const page of tabs) await page.getByText('1 of 1 workers connected').waitFor();
    await started.command.matches(/joined \(browser/, 2);
    await started.command.matches(/joined \(node/, 2);
    await Promise.all(tabs.map(untilItHelps));
    await started.advanced(10);
    await expectReferenceBits(started);
    await Promise.all(processes.map((worker) => worker.kill()));
    for (const page of tabs) {
      expect(await page.evaluate(() => (globalThis as unknown as CompilationNotes).compilations)).toEqual([]);
      await page.evaluate(() => new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
      expect(await page.evaluate(() => (globalThis as unknown as CompilationNotes).compilations)).toEqual(['Module']);
    }
    await context.close();
  });
});
