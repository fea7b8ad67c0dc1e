// The first page of a lesson and its last, in real Chromium: for everybody, on every screen.

import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';
import { overflowOf, violationsOf, widths } from './page_checks.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Light and dark, and at every width. */
async function expectFit(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect([what, colorScheme, await violationsOf(page)]).toEqual([what, colorScheme, []]);
  }
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    expect([what, width, await overflowOf(page)]).toEqual([what, width, 0]);
  }
}

describe('the pages of a lesson', () => {
  it('have no fault that axe finds and fit their width: the lobby before and after one joins, and the end', async () => {
    await using temporary = await temporaryFolder();
    const lobby = ['--lobby', '--no-exit', '--workers', '1', '--host', '0.0.0.0', '--allow-host', plainHost];
    const command = new Command(['train', 'iris', ...lobby, '--port', '0', '--run', join(temporary.path, 'run')]);
    const [, port] = await command.match(/listening on ws:\/\/0\.0\.0\.0:(\d+)/);
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`http://${plainHost}:${port}/?view=laptop#join`);
    await page.getByRole('button', { name: 'Join' }).waitFor();
    await expectFit(page, 'lobby');
    await page.getByLabel('Your name').fill('a name of 24 characters.');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('You are in!').waitFor();
    await expectFit(page, 'lobby, joined');
    await page.getByRole('button', { name: 'Start' }).click();
    for (const view of ['laptop', 'phone', 'projector']) {
      await page.goto(`http://${plainHost}:${port}/?view=${view}#join`);
      await page.getByTestId('made-by').first().waitFor();
      await page.getByText('one fingerprint').first().waitFor();
      await expectFit(page, `end, ${view}`);
    }
    await context.close();
    command.signal('SIGINT');
    expect((await command.finished).code).toBe(0);
  });
});
