// A lesson from the first scan to the end: people join a lobby by a link, come and go while the model learns, and find
// themselves and the model when it is over.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLedger } from '../../coordinator/records/ledger.ts';
import { restoreCredit } from '../../coordinator/records/ledger_credit.ts';
import { ledgerFile } from '../../coordinator/records/run_folder.ts';
import { Credit } from '../../coordinator/training/credit.ts';
import type { PersonView } from '../../shared/watch/people.ts';
import { Command, endless, temporaryFolder } from '../system/processes.ts';
import { Reference, stepsOf } from '../system/reference.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';
import { startNetworkSwitch } from './network_switch.ts';

const microbatchSize = 8;
/** 16 units a step: enough for everybody to have something to do. */
const job = ['mnist-mlp', '--set', 'batchSize=128', '--set', `microbatchSize=${microbatchSize}`];
const reference = new Reference(job);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
}

/** Somebody who opens the link on a device of his own. */
async function arrive(port: number): Promise<Tab> {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(`http://${plainHost}:${port}/#join`);
  return { context, page };
}

async function joinLobby({ page }: Tab, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('You are in!').waitFor();
}

const counted = async ({ page }: Tab): Promise<number> =>
  Number((await page.getByTestId('counted').textContent())?.replaceAll(',', '') ?? '0');

/** Resolves when more of what the tab gave was counted than before. */
async function untilMoreCounts(tab: Tab, before = 0): Promise<void> {
  const isMore = (least: number) =>
    Number(document.querySelector('[data-testid=counted]')?.textContent?.replaceAll(',', '') ?? '0') > least;
  await tab.page.waitForFunction(isMore, before);
}

/** By what all know whoever is at the tab. */
const idAt = ({ page }: Tab): Promise<string> =>
  page.evaluate(() => (JSON.parse(localStorage.getItem('gradswarm volunteer') ?? '{}') as { id: string }).id);

/** Samples that the end says the tab's volunteer has given. */
async function partAtTheEnd({ page }: Tab): Promise<number> {
  return Number(await page.getByTestId('your-part').getAttribute('data-samples'));
}

async function peopleInLedger(folder: string): Promise<readonly PersonView[]> {
  const { records } = readLedger(await readFile(ledgerFile(folder)));
  const credit = new Credit({ microbatchSize, maximum: 100 });
  restoreCredit(credit, records, Number.POSITIVE_INFINITY);
  return credit.people;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a lesson', () => {
  it('lets people join by a link, come and go, and find their part and the model at its end', async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'run');
    const alone = ['--workers', '0', '--no-own-share', '--allow-host', plainHost];
    const first = new Command(['train', ...job, ...endless, ...alone, '--run', folder, '--port', '0', '--lobby']);
    const [, portText] = await first.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
    const port = Number(portText);
    const network = await startNetworkSwitch(port);

    // The teacher's page, and five phones: one behind a network that fails.
    const host = await arrive(port);
    const names = ['Ada', 'Blaise', 'Carl', 'Dorothy', ''];
    const tabs: Tab[] = [];
    for (const [index, name] of names.entries()) {
      const tab = await arrive(index === 0 ? network.port : port);
      tabs.push(tab);
      await joinLobby(tab, name);
    }
    await host.page.getByTestId('joined').getByText('5 have joined').waitFor();
    for (const name of names.slice(0, -1)) await host.page.getByText(name, { exact: true }).waitFor();
    await host.page.getByRole('button', { name: 'Start' }).click();
    await Promise.all(tabs.map((tab) => untilMoreCounts(tab)));

    // One closes, one loses the network, one comes late and sees what is going on.
    const [cutOff, closed, ...others] = tabs;
    if (cutOff === undefined || closed === undefined) throw new Error('nobody joined');
    const closedId = await idAt(closed);
    await closed.context.close();
    network.off();
    await cutOff.page.getByText('the coordinator cannot be reached').first().waitFor();
    const late = await arrive(port);
    await late.page.getByLabel('Your name').fill('Emmy');
    await late.page.getByRole('button', { name: 'Help train' }).click();
    await untilMoreCounts(late);
    const before = await counted(cutOff);
    network.on();
    await untilMoreCounts(cutOff, before);

    // The coordinator stops, and goes on towards an end that is near; nobody has to do anything.
    const { step } = await first.stop();
    const steps = step + 40;
    const flags = ['--resume', folder, '--set', `steps=${steps}`, '--port', `${port}`, '--no-exit'];
    const second = new Command(['train', ...flags, ...alone]);
    const [, digest] = await second.match(/parameters SHA-256 (\w{64})/);
    expect(digest).toBe((await reference.digests(steps)).at(-1));

    // Everybody finds what the ledger says of him, also when he comes back.
    const there = [cutOff, ...others, late];
    for (const { page } of there) await page.getByText('The model is trained').waitFor();
    const people = await peopleInLedger(folder);
    const partOf = (id: string) => people.find((person) => person.id === id)?.samples;
    for (const tab of there) expect(await partAtTheEnd(tab)).toBe(partOf(await idAt(tab)));
    expect(people.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Ada', 'Blaise', 'Carl', 'Dorothy', 'Emmy']),
    );
    expect(people.find(({ id }) => id === closedId)?.name).toBe('Blaise');
    expect(people.map(({ kind }) => kind)).toEqual(expect.not.arrayContaining(['anonymous', 'others']));
    const parts = await Promise.all(there.map(partAtTheEnd));
    expect(sum([...parts, partOf(closedId) ?? 0])).toBe(sum((await stepsOf(folder)).map(({ samples }) => samples)));

    const { page } = late;
    const part = await partAtTheEnd(late);
    await page.reload();
    await page.getByText('Thank you, Emmy!').waitFor();
    expect(await partAtTheEnd(late)).toBe(part);
    await page.getByRole('button', { name: /Draw a digit|Try a picture/ }).click();
    await page.getByText(`The parameters of step ${steps.toLocaleString('en')}`).waitFor();

    second.signal('SIGINT');
    expect((await second.finished).code).toBe(0);
    network.close();
    for (const { context } of [host, ...there]) await context.close();
  });
});
