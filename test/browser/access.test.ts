// Who may come, in real Chromium: pages with and without the run's token, and pages of other sites.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derivedToken } from '../../coordinator/connections/access.ts';
import { endless, startCoordinator, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';

const secret = 'a-secret-of-24-characters';
const [watcher, worker] = [derivedToken(secret, 'watcher'), derivedToken(secret, 'worker')];

let browser: Browser;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  browser = await launchBrowser();
  folder = await temporaryFolder();
});
afterAll(async () => {
  await browser.close();
  await folder[Symbol.asyncDispose]();
});

async function coordinator(name: string, ...flags: readonly string[]) {
  const started = await startCoordinator('mnist-mlp', ...endless, '--run', join(folder.path, name), ...flags);
  const dispose = async () => {
    started.command.signal('SIGKILL');
    await started.command.finished;
  };
  const port = Number(new URL(started.url).port);
  return { ...started, port, page: `http://${plainHost}:${port}/`, [Symbol.asyncDispose]: dispose };
}

async function open(url: string): Promise<Page> {
  const page = await (await openContext(browser)).newPage();
  await page.goto(url);
  return page;
}

describe('a page of a run with a token', () => {
  let run: Awaited<ReturnType<typeof coordinator>>;
  beforeAll(async () => {
    run = await coordinator('secret', '--allow-host', plainHost, '--token', secret);
  });
  afterAll(() => run[Symbol.asyncDispose]());

  it('says that its link lacks the token, or has another run’s, and who has one', async () => {
    const without = await open(run.page);
    await without.getByText('The link that you opened lacks the token of this run').waitFor();
    await without.getByText('Whoever started the run can give you a link').waitFor();
    const wrong = await open(`${run.page}#token=${derivedToken('another-secret-of-theirs', 'watcher')}`);
    await wrong.getByText('is not one of this run').waitFor();
    await Promise.all([without, wrong].map((page) => page.context().close()));
  });

  it('takes the token out of the address bar, and keeps it for this tab', async () => {
    const page = await open(`${run.page}#token=${watcher}`);
    await page.getByRole('heading', { name: 'mnist-mlp' }).waitFor();
    expect(page.url()).toBe(run.page);
    await page.reload();
    await page.getByRole('heading', { name: 'mnist-mlp' }).waitFor();
    await page.getByRole('button', { name: 'Try a picture' }).click();
    await page.getByText('Not trained yet: it can only guess.').waitFor();
    await page.context().close();
  });

  it('that may only watch says so, and invites nobody', async () => {
    const page = await open(`${run.page}#token=${watcher}`);
    await page.getByText('This link lets you watch').waitFor();
    expect(await page.getByRole('button', { name: 'Help train' }).count()).toBe(0);
    expect(await page.content()).not.toContain('join&amp;token');
    await page.context().close();
  });

  it('that may help shows where to press, and computes nothing before somebody has', async () => {
    const page = await open(`${run.page}#join&token=${worker}`);
    const button = page.getByRole('button', { name: 'Help train' });
    await button.waitFor();
    expect(page.url()).toBe(`${run.page}#join`);
    expect(await button.getAttribute('class')).toContain('invited');
    expect(page.workers()).toEqual([]);
    expect(run.command.lines.filter((line) => /joined \(browser/.test(line))).toEqual([]);
    await button.click();
    await run.command.match(/worker \w+ joined \(browser/);
    await page.context().close();
  });
});

describe('a page of another site', () => {
  /** What a script of such a page reaches of the coordinator. */
  async function reach(port: number) {
    const from = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<p>another site</p>');
    }).listen(0, '127.0.0.1');
    await once(from, 'listening');
    const page = await open(`http://127.0.0.1:${(from.address() as AddressInfo).port}/`);
    const reached = await page.evaluate(async (to) => {
      const joined = new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${to}/worker`);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      });
      const read = fetch(`http://127.0.0.1:${to}/parameters`).then(
        () => 'read',
        () => 'refused',
      );
      const blind = fetch(`http://127.0.0.1:${to}/parameters`, { mode: 'no-cors' }).then(
        () => 'embedded',
        () => 'refused',
      );
      const image = new Promise<string>((resolve) => {
        const element = new Image();
        element.onload = () => resolve('shown');
        element.onerror = () => resolve('refused');
        element.src = `http://127.0.0.1:${to}//`;
      });
      return Promise.all([joined, read, blind, image]);
    }, port);
    await page.context().close();
    from.close();
    return reached;
  }

  it('can neither join nor read nor stop anything', async () => {
    await using run = await coordinator('open');
    expect(await reach(run.port)).toEqual(['refused', 'refused', 'refused', 'refused']);
    expect(await run.status()).toMatchObject({ workers: 0 });
    expect(run.command.lines.filter((line) => /joined \(browser/.test(line))).toEqual([]);
  });

  it('whose name means this machine is not answered', async () => {
    await using run = await coordinator('rebound');
    const page = await (await openContext(browser)).newPage();
    const response = await page.goto(`${run.page}parameters`);
    expect(response?.status()).toBe(421);
    await page.context().close();
  });
});
