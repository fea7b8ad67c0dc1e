// Browser tabs that train: real Chromium, real Web Workers, over a host name that is no secure context.

import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIn, run, startCoordinator, startWorker, temporaryFolder } from '../system/processes.ts';
import { canHideTabs, launchBrowser, plainHost } from './browser.ts';
import { startNetworkSwitch } from './network_switch.ts';
import { PlainBrowser } from './plain_browser.ts';

const job = (steps: number) => ['mnist-mlp', '--set', `steps=${steps}`, '--set', 'batchSize=100'];

let browser: Browser;
const references = new Map<number, string>();

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function reference(steps: number): Promise<string> {
  const known = references.get(steps);
  if (known !== undefined) return known;
  await using folder = await temporaryFolder();
  const digest = digestIn(await run('train', ...job(steps), '--in-process', '--run', join(folder.path, 'run')));
  references.set(steps, digest);
  return digest;
}

async function coordinator(steps: number) {
  const folder = await temporaryFolder();
  const started = await startCoordinator(...job(steps), '--no-own-share', '--run', join(folder.path, 'run'));
  const page = new URL(started.url.replace('ws:', 'http:'));
  page.hostname = plainHost;
  return { ...started, page: page.href, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

const helpTrain = (page: Page) => page.getByRole('button', { name: 'Help train' }).click();

/** Resolves when the tab has answered leases. */
async function untilItHelps(page: Page): Promise<void> {
  await page.getByTestId('answers').waitFor();
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
    await using started = await coordinator(150);
    const context = await browser.newContext();
    const page = await openTab(context, started.page);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await helpTrain(page);
    await untilItHelps(page);
    const finished = await started.command.finished;
    expect(finished.output).toMatch(/worker \w+ joined \(browser, 127\.0\.0\.1\)/);
    expect(digestIn(finished)).toBe(await reference(150));
    await context.close();
  });

  it('survives being reloaded, put offline, frozen and closed in the middle of its work', async () => {
    await using started = await coordinator(1_200);
    const network = await startNetworkSwitch(Number(new URL(started.page).port));
    const context = await browser.newContext();
    const page = await openTab(context, `http://${plainHost}:${network.port}/?join`);
    await untilItHelps(page);

    await page.reload();
    await untilItHelps(page);

    network.off();
    await page.getByText('the coordinator cannot be reached').first().waitFor();
    await page.getByText(/trying again/).waitFor();
    network.on();
    await page.getByText('1 of 1 workers connected').waitFor();

    // As the browser freezes a tab in the background.
    const session = await context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    const other = await openTab(context, `${started.page}?join`);
    await untilItHelps(other);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await page.close();

    const finished = await started.command.finished;
    expect(finished.output.match(/worker \w+ joined \(browser/g)?.length).toBeGreaterThanOrEqual(4);
    expect(finished.output).toMatch(/worker \w+ left/);
    expect(digestIn(finished)).toBe(await reference(1_200));
    await context.close();
    network.close();
  });

  it.runIf(canHideTabs)('works on while it is hidden', async () => {
    await using started = await coordinator(800);
    const plain = await PlainBrowser.launch();
    const tab = await plain.openTab(`${started.page}?join`);
    const answers = "Number((document.querySelector('[data-testid=answers]')?.textContent ?? '0').replace(',', ''))";
    await tab.until(`${answers} > 0`);
    const other = await plain.openTab('about:blank');
    await other.show();
    await tab.until("document.visibilityState === 'hidden'");
    const before = Number(await tab.evaluate(answers));
    await tab.until(`${answers} > ${before + 20}`);
    expect(await tab.evaluate('document.visibilityState')).toBe('hidden');
    const finished = await started.command.finished;
    expect(digestIn(finished)).toBe(await reference(800));
    await plain.close();
  });

  it('works together with other tabs and processes, computing nothing on its page’s thread', async () => {
    await using started = await coordinator(1_500);
    const context = await browser.newContext();
    await context.addInitScript(noteCompilations);
    const tabs: Page[] = [];
    for (let tab = 0; tab < 2; tab++) {
      const page = await openTab(context, started.page);
      await page.getByRole('slider').fill('2');
      tabs.push(page);
    }
    await Promise.all(tabs.map(helpTrain));
    const processes = [startWorker(started.url), startWorker(started.url)];
    for (const page of tabs) await page.getByText('2 of 2 workers connected').waitFor();
    const finished = await started.command.finished;
    await Promise.all(processes.map((worker) => worker.kill()));
    expect(finished.output.match(/joined \(browser/g)?.length).toBeGreaterThanOrEqual(4);
    expect(finished.output.match(/joined \(node/g)?.length).toBeGreaterThanOrEqual(1);
    expect(digestIn(finished)).toBe(await reference(1_500));
    for (const page of tabs) {
      expect(await page.evaluate(() => (globalThis as unknown as CompilationNotes).compilations)).toEqual([]);
      await page.evaluate(() => new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)));
      expect(await page.evaluate(() => (globalThis as unknown as CompilationNotes).compilations)).toEqual(['Module']);
    }
    await context.close();
  });
});
