// A page that is not the coordinator's own, in real Chromium on the operator's or a visitor's machine: it can neither read
// nor join nor stop anything.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command, endless, startWorker, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';

const token = 'token-of-the-foreign-pages';

/** What needs a role where a token is set; without one, the page's own scripts alone may ask. */
const guarded = ['/status', '/events', '/model', '/parameters', '/frozen', '/test-samples?first=0&count=1'];

let browser: Browser;
let foreign: Server;
let foreignUrl = '';

beforeAll(async () => {
  browser = await launchBrowser();
  foreign = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>foreign</title>');
  }).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  foreign.close();
  foreign.closeAllConnections();
  await browser.close();
});

/** A run with one worker. */
async function start(environment: Readonly<Record<string, string>> = {}, ...flags: readonly string[]) {
  const folder = await temporaryFolder();
  const words = ['train', 'mnist-mlp', ...endless, '--workers', '0', '--port', '0', '--run', join(folder.path, 'run')];
  const command = new Command([...words, ...flags], { environment });
  const [, port] = await command.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  const worker = startWorker(`ws://127.0.0.1:${port}`, environment);
  await command.match(/worker \w+ joined/);
  const headers = { authorization: `Bearer ${environment.GRADSWARM_TOKEN ?? ''}` };
  const step = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/status`, { headers });
    return ((await response.json()) as { step: number }).step;
  };
  return {
    command,
    port: Number(port),
    /** Resolves when the run has gone on from here. */
    async goesOn(): Promise<void> {
      const before = await step();
      while ((await step()) === before);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      command.signal('SIGKILL');
      await command.finished;
      await worker.kill();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function openPage(url: string): Promise<Page> {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** What a script of the page gets of an address by each way there is: nothing, or what it could tell. */
function tryToRead(page: Page, url: string): Promise<readonly string[]> {
  return page.evaluate(async (address) => {
    const outcome = (name: string, promise: Promise<string>) =>
      promise.then(
        (got) => `${name}: ${got}`,
        () => `${name}: nothing`,
      );
    const element = (tag: 'img' | 'script' | 'link' | 'video') =>
      new Promise<string>((resolve, reject) => {
        const made = document.createElement(tag);
        made.onload = () => resolve('loaded');
        made.onerror = () => reject(new Error());
        if (made instanceof HTMLLinkElement) Object.assign(made, { rel: 'stylesheet', href: address });
        else made.src = address;
        document.body.append(made);
      });
    return Promise.all([
      outcome(
        'fetch',
        fetch(address).then((response) => response.text()),
      ),
      outcome(
        'fetch without CORS',
        fetch(address, { mode: 'no-cors' }).then((response) => response.text()),
      ).then((got) => got.replace(/: $/, ': nothing')),
      outcome('image', element('img')),
      outcome('script', element('script')),
      outcome('style', element('link')),
      outcome('video', element('video')),
      outcome(
        'events',
        new Promise((resolve, reject) => {
          const source = new EventSource(address);
          source.onmessage = () => resolve('a message');
          source.onerror = () => {
            source.close();
            reject(new Error());
          };
        }),
      ),
    ]);
  }, url);
}

/** How an attempt to open a WebSocket from a page ends. */
function tryToJoin(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve('open');
        socket.onclose = () => resolve('closed');
      }),
    url,
  );
}

const nothing = ['fetch', 'fetch without CORS', 'image', 'script', 'style', 'video', 'events'].map(
  (way) => `${way}: nothing`,
);

describe('a page of another origin', () => {
  it('can read nothing of a run without a token, whatever way it tries', async () => {
    await using run = await start();
    const page = await openPage(foreignUrl);
    for (const path of guarded)
      expect(await tryToRead(page, `http://127.0.0.1:${run.port}${path}`), path).toEqual(nothing);
    await page.context().close();
    await run.goesOn();
  });

  it('cannot join as a worker', async () => {
    await using run = await start();
    const page = await openPage(foreignUrl);
    for (const path of ['/worker', '/', '/events']) {
      for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
        expect(await tryToJoin(page, `ws://${host}:${run.port}${path}`)).toBe('closed');
      }
    }
    await page.context().close();
    await run.goesOn();
    expect(run.command.lines.filter((line) => /worker \w+ joined/.test(line))).toHaveLength(1);
  });

  it('cannot stop the run by what it asks for', async () => {
    await using run = await start();
    const page = await openPage(foreignUrl);
    await page.evaluate(async (origin) => {
      const paths = ['//', '/%', '/..%2f', '/[', '/test-samples?first=%', '/parameters'];
      const images = paths.map((path) => Object.assign(new Image(), { src: `${origin}${path}` }));
      const settled = images.map(
        (image) => new Promise((resolve) => Object.assign(image, { onload: resolve, onerror: resolve })),
      );
      const requests = paths.flatMap((path) =>
        ['GET', 'POST'].map((method) => fetch(`${origin}${path}`, { method, mode: 'no-cors' }).catch(() => undefined)),
      );
      await Promise.all([...settled, ...requests]);
    }, `http://127.0.0.1:${run.port}`);
    await page.context().close();
    await run.goesOn();
    expect(run.command.isRunning).toBe(true);
  });

  it('cannot show the dashboard in a frame', async () => {
    await using run = await start();
    const page = await openPage(foreignUrl);
    const refused = page.waitForEvent('console', (message) =>
      /frame-ancestors|frame|refused|blocked/i.test(message.text()),
    );
    await page.evaluate((url) => {
      document.body.append(Object.assign(document.createElement('iframe'), { src: url }));
    }, `http://127.0.0.1:${run.port}/`);
    await refused;
    await page.context().close();
  });
});

describe('a name that is not the coordinator’s', () => {
  it('is answered 421, so that rebinding it to this machine reads nothing', async () => {
    await using run = await start();
    const context = await openContext(browser);
    const page = await context.newPage();
    for (const path of ['/', ...guarded]) {
      const response = await page.goto(`http://${plainHost}:${run.port}${path}`);
      expect(response?.status(), path).toBe(421);
    }
    expect(await tryToJoin(page, `ws://${plainHost}:${run.port}/worker`)).toBe('closed');
    await context.close();
  });

  it('is answered where the operator allows it', async () => {
    await using run = await start({}, '--allow-host', plainHost);
    const context = await openContext(browser);
    const page = await context.newPage();
    expect((await page.goto(`http://${plainHost}:${run.port}/`))?.status()).toBe(200);
    await context.close();
  });
});

describe('a run with a token', () => {
  it('shows those without it the page’s own shell and answers 401 to all else', async () => {
    await using run = await start({ GRADSWARM_TOKEN: token });
    const page = await openPage(`http://127.0.0.1:${run.port}/`);
    const statuses = await page.evaluate(
      (paths) => Promise.all(paths.map(async (path) => (await fetch(path)).status)),
      [...guarded, '/metrics', '/nothing'],
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    await page.context().close();
  });
});

describe('a link to help', () => {
  it.each(['?join', '#join', '?join#join', '#join&token=a'])(
    'that ends in %s starts nothing without a click',
    async (end) => {
      await using run = await start();
      const page = await openPage(`http://127.0.0.1:${run.port}/${end}`);
      await page.getByRole('button', { name: 'Help train' }).waitFor();
      await run.goesOn();
      expect(page.workers()).toHaveLength(0);
      expect(await page.getByTestId('answers').count()).toBe(0);
      await page.context().close();
    },
  );
});
