// Real Chromium for the tests of pages: Debian's where it is installed, else the one that comes with an npm package.

import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';

/** Milliseconds to wait for anything in a browser: only against hanging. */
export const patience = 1_700_000;

const debian = '/usr/bin/chromium';

/** A host name that means this machine, but is no secure context, as a laptop's address is none to a phone. */
export const plainHost = 'laptop.test';

export const browserFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`,
];

/** Whether tabs can be hidden: the browser of the npm package is one without windows, where every page is visible. */
export const canHideTabs = existsSync(debian);

export async function executablePath(): Promise<string> {
  return existsSync(debian) ? debian : await sparticuz.executablePath();
}

/** Without a language of its own the browser of the npm package names one that `Intl` refuses: "en-US@posix". */
const environment = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8' };

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await executablePath(),
    args: browserFlags,
    env: environment,
    timeout: patience,
  });
}

/** A window without a history, whose pages may be slow. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  return context;
}
