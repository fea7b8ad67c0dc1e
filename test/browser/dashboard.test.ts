// The dashboard in real Chromium: what it shows, to whom, and what it loads.

import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Looked at by people; kept out of version control. */
const screenshots = fileURLToPath(new URL('../../dist/screenshots/', import.meta.url));

const sizes = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1280, height: 800 },
  projector: { width: 1920, height: 1080 },
};

let browser: Browser;
let command: Command;
let url = '';
let close = () => Promise.resolve();

/** A run that has measured some epochs, and is at work. */
beforeAll(async () => {
  browser = await launchBrowser();
  const folder = await temporaryFolder();
  const quick = ['--set', 'model.layers=[{"type":"dense","units":10}]', '--set', 'batchSize=1000'];
  const flags = ['--epochs', '100000', '--workers', '1', '--host', '0.0.0.0', '--allow-host', plainHost];
  command = new Command(['train', 'mnist-mlp', ...quick, ...flags, '--run', join(folder.path, 'run')]);
  const [, port] = await command.match(/listening on ws:\/\/0\.0\.0\.0:(\d+)/);
  await command.match(/epoch 3 /);
  url = `http://${plainHost}:${port}/`;
  close = () => folder[Symbol.asyncDispose]();
});
afterAll(async () => {
  command.signal('SIGINT');
  await command.finished;
  await browser.close();
  await close();
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await openContext(browser, options);
  const page = await context.newPage();
  await page.goto(url);
  await page.getByTestId('test accuracy').getByText('%').waitFor();
  return page;
}

describe('the dashboard', () => {
  it.each(Object.keys(sizes) as (keyof typeof sizes)[])(
    'has no fault that axe finds at the size of a %s, light or dark',
    async (size) => {
      await mkdir(screenshots, { recursive: true });
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open({ viewport: sizes[size], colorScheme });
        await page.getByRole('button', { name: 'Try a picture' }).click();
        await page
          .getByRole('img', { name: /taken for/ })
          .first()
          .waitFor();
        await page.screenshot({ path: join(screenshots, `${size}-${colorScheme}.png`), fullPage: true });
        const violations = await violationsOf(page);
        expect(violations).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        await page.context().close();
      }
    },
  );

  it('asks no other host for anything, and says so to the browser', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    const hosts = new Set<string>();
    const complaints: string[] = [];
    page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const response = await page.goto(url);
    await page.getByTestId('test accuracy').getByText('%').waitFor();
    expect([...hosts]).toEqual([plainHost]);
    expect(complaints).toEqual([]);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    await context.close();
  });

  it('loads less than 165 kB, engine and volunteer included', async () => {
    const folder = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));
    let bytes = 0;
    for (const name of await readdir(folder)) if (name.endsWith('.gz')) bytes += (await stat(join(folder, name))).size;
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(165_000);
  });

  it('shows the whole history to whoever comes late, and names the fit', async () => {
    const page = await open();
    const loss = page.getByRole('img', { name: /Loss by step; on the test set/ });
    await loss.waitFor();
    await page
      .getByText(/learning|levelled off|overfitting|diverging/)
      .first()
      .waitFor();
    expect(await page.getByRole('heading', { name: /Epoch \d+ of 100000/ }).count()).toBe(1);
    await page.context().close();
  });

  it('shows a code to scan and an address for phones', async () => {
    const page = await open();
    await page.getByRole('img', { name: /QR code of http:\/\// }).waitFor();
    await page.context().close();
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop helping' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Help train' }).waitFor();
    await page.context().close();
  });

  it('tells what digit is drawn, computed in the tab', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Try a picture' }).click();
    const canvas = page.getByRole('application', { name: /Draw here/ });
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the canvas is not shown');
    // A stroke from top to bottom: a one.
    await page.mouse.move(box.x + box.width / 2, box.y + 0.15 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 0.85 * box.height, { steps: 12 });
    await page.mouse.up();
    const one = page.getByTestId('output-1');
    await one.getByText(/^([5-9]\d|100)\.\d\d %$/).waitFor();
    await page.context().close();
  });
});

/** axe-core's findings; it is given to the page past its Content-Security-Policy, as a test may. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axe, 'utf8'));
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await tool.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}
