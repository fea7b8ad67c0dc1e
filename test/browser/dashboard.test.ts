// The dashboard in real Chromium: what it shows, to whom, and what it loads.

import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';
import { overflowOf, violationsOf, widths } from './page_checks.ts';

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

async function open(options: BrowserContextOptions = {}, query = ''): Promise<Page> {
  const context = await openContext(browser, options);
  const page = await context.newPage();
  await page.goto(`${url}${query}`);
  await page.getByRole('heading', { name: 'mnist-mlp' }).waitFor();
  return page;
}

describe('the dashboard', () => {
  it.each(Object.keys(sizes) as (keyof typeof sizes)[])(
    'has no fault that axe finds in the view for a %s, light or dark, and fits its width',
    async (size) => {
      await mkdir(screenshots, { recursive: true });
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open({ viewport: sizes[size], colorScheme, reducedMotion: 'reduce' }, `?view=${size}`);
        if (size === 'projector') await page.getByTestId('headline figure').getByText('%').waitFor();
        else await openModel(page);
        await page.screenshot({
          path: join(screenshots, `${size}-${colorScheme}.png`),
          fullPage: size !== 'projector',
        });
        expect(await violationsOf(page)).toEqual([]);
        expect(await overflowOf(page)).toBeLessThanOrEqual(0);
        await page.context().close();
      }
    },
  );

  it.each([
    ['ko', '이 탭에서 계산합니다'],
    ['ar', 'تُحسب في هذه الصفحة'],
  ])('speaks %s, in its direction, without a fault that axe finds', async (language, said) => {
    const page = await open({ viewport: sizes.laptop, locale: language });
    await page.locator('#try + button').click();
    await page.getByText(said).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
    expect(await page.evaluate(() => document.documentElement.dir)).toBe(language === 'ar' ? 'rtl' : 'ltr');
    await page.screenshot({ path: join(screenshots, `laptop-${language}.png`), fullPage: true });
    expect(await violationsOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  it('never needs to be moved sideways, from 320 to 2,560 pixels, in any view', async () => {
    for (const view of Object.keys(sizes)) {
      const page = await open({ viewport: { width: 320, height: 700 } }, `?view=${view}`);
      if (view !== 'projector') await openModel(page);
      for (const summary of await page.locator('summary').all()) await summary.click();
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        expect([view, width, await overflowOf(page)]).toEqual([view, width, 0]);
      }
      await page.context().close();
    }
  });

  it('has no text below 28 pixels on the wall, for the last row', async () => {
    const page = await open({ viewport: sizes.projector }, '?view=projector');
    await page.getByTestId('headline figure').getByText('%').waitFor();
    const smallest = await page.evaluate(() => {
      const shown = [...document.querySelectorAll('main *')].filter((each) =>
        [...each.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim() !== ''),
      );
      return Math.min(...shown.map((each) => Number.parseFloat(getComputedStyle(each).fontSize)));
    });
    expect(smallest).toBeGreaterThanOrEqual(28);
    await page.context().close();
  });

  it('tells the state in the title and the icon of its tab', async () => {
    const page = await open();
    await page.waitForFunction(() => /^\d+ % · (training|evaluating) · mnist-mlp$/.test(document.title));
    const icon = await page.locator('link[rel=icon]').getAttribute('href');
    expect(icon).toMatch(/^data:image\/svg\+xml/);
    await page.context().close();
  });

  it('lets curves be walked along and zoomed with the keyboard', async () => {
    const page = await open({ viewport: sizes.laptop });
    const loss = page.getByRole('img', { name: /Loss by step/ });
    await loss.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    // The legend tells what is under the cursor.
    await loss
      .getByText(/^\d[\d,]*$/)
      .first()
      .waitFor();
    await page.keyboard.press('+');
    await page.keyboard.press('0');
    await page.context().close();
  });

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
    await page.getByRole('button', { name: 'Try a picture' }).click();
    await page.getByText(/computed in this tab/).waitFor();
    expect([...hosts]).toEqual([plainHost]);
    expect(complaints).toEqual([]);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    await context.close();
  });

  it('loads less than 170 kB, engine and volunteer included, and no language that it does not speak', async () => {
    const folder = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));
    const loaded = (await readdir(folder)).filter((name) => name.endsWith('.gz') && !/^(arabic|korean)-/.test(name));
    let bytes = 0;
    for (const name of loaded) bytes += (await stat(join(folder, name))).size;
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(170_000);
    const page = await open();
    const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    expect(asked.filter((name) => /arabic|korean/.test(name))).toEqual([]);
    await page.context().close();
  });

  it('shows the whole history to whoever comes late, and names the fit', async () => {
    const page = await open();
    const loss = page.getByRole('img', { name: /Loss by step; on the test set/ });
    await loss.waitFor();
    await page
      .getByText(/learning|levelled off|overfitting|diverging/)
      .first()
      .waitFor();
    expect(await page.getByRole('heading', { name: /Epoch \d+ of 100,000/ }).count()).toBe(1);
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

/** The model, once it has looked at its test samples. */
async function openModel(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try a picture' }).click();
  await page
    .getByRole('img', { name: /taken for/ })
    .first()
    .waitFor();
}
