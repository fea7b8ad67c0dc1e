// A lesson from the first scan to the end, in real tabs: people join a lobby by a link, come and go while the model learns,
// the coordinator stops and goes on, and everybody finds himself and the model when it is over.

import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { readLedger } from '../../coordinator/records/ledger.ts';
import { restoreCredit } from '../../coordinator/records/ledger_credit.ts';
import { ledgerFile } from '../../coordinator/records/run_folder.ts';
import { Credit } from '../../coordinator/training/credit.ts';
import type { PersonView } from '../../shared/watch/people.ts';
import { Command, endless } from '../system/processes.ts';
import { Reference, stepsOf } from '../system/reference.ts';
import { openContext, plainHost } from './browser.ts';
import { type NetworkSwitch, startNetworkSwitch } from './network_switch.ts';

/** Steps that are left to do when the coordinator is resumed. */
const stepsLeft = 20;

const givenNames = [
  'Ada',
  'Blaise',
  'Carl',
  'Dorothy',
  'Emil',
  'Fibonacci',
  'Grace',
  'Henri',
  'Isaac',
  'Jacob',
  'Kurt',
];
const lateName = 'Zeno';

export type SceneName = 'lobby' | 'lesson' | 'end';

export interface Scene {
  readonly name: SceneName;
  /** The teacher's. */
  readonly page: Page;
  /** Of the coordinator. */
  readonly pid: number;
}

export interface LessonOptions {
  readonly browser: Browser;
  /** Where the run is kept; not there yet. */
  readonly folder: string;
  /** People in the lobby: of them one in ten closes his tab and one in fifteen loses his network, at least one. */
  readonly size: number;
  readonly look?: (scene: Scene) => Promise<void>;
  readonly print?: (line: string) => void;
}

export interface LessonReport {
  readonly steps: number;
  readonly digest: string;
  readonly referenceDigest: string | undefined;
  /** Of those whose tabs were open at the end. */
  readonly parts: readonly Part[];
  /** Who closed their tabs before. */
  readonly closed: readonly { readonly id: string; readonly name: string }[];
  /** All that the ledger has a part of. */
  readonly people: readonly PersonView[];
  /** Samples of all steps in the ledger. */
  readonly samples: number;
}

/** Samples that counted for somebody. */
export interface Part {
  readonly id: string;
  readonly name: string;
  /** As his page says at the end. */
  readonly shown: number;
  /** The same, once the page was loaded anew. */
  readonly shownAgain: number;
}

interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Empty for one who gave none. */
  readonly name: string;
  /** By what all know whoever is at it. */
  readonly id: string;
}

/** What people hold. Nothing moves that need not: so many pages are drawn by one machine. */
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' };

const alone = ['--workers', '0', '--no-own-share', '--allow-host', plainHost];

interface LessonJob {
  readonly microbatchSize: number;
  /** Arguments of `train`. */
  readonly words: readonly string[];
}

/** Units enough for all to have something to do, and much to compute where there are many: else the fastest do it all. */
function jobFor(size: number): LessonJob {
  if (size > 8) return { microbatchSize: 30, words: ['class'] };
  return { microbatchSize: 8, words: ['mnist-mlp', '--set', 'batchSize=128', '--set', 'microbatchSize=8'] };
}

/** The last to come leaves it to the page. */
function nameOf(index: number, size: number): string {
  if (index === size - 1) return '';
  const round = Math.floor(index / givenNames.length);
  return `${givenNames[index % givenNames.length]}${round === 0 ? '' : ` ${round + 1}`}`;
}

/** @throws if anything does not come about that people wait for */
export async function playLesson(options: LessonOptions): Promise<LessonReport> {
  const { browser, folder, size, look = () => Promise.resolve(), print = () => undefined } = options;
  const job = jobFor(size);
  const first = new Command(['train', ...job.words, ...endless, ...alone, '--run', folder, '--port', '0', '--lobby']);
  const [, portText] = await first.match(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  const port = Number(portText);
  const network = await startNetworkSwitch(port);
  const page = await openPage(browser, port);
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;

  const cutOffs = Math.max(1, Math.round(size / 15));
  const tabs: Tab[] = [];
  for (let index = 0; index < size; index += 1) {
    tabs.push(await joinLobby(browser, index < cutOffs ? network.port : port, nameOf(index, size)));
  }
  await page.getByTestId('joined').getByText(`${size} have joined`).waitFor();
  for (const { name } of tabs) if (name !== '') await page.getByText(name, { exact: true }).waitFor();
  print(`${size} have joined, after ${seconds()}`);
  await look({ name: 'lobby', page, pid: first.pid });
  await page.getByRole('button', { name: 'Start' }).click();
  await Promise.all(tabs.map((tab) => untilMoreCounts(tab)));
  print(`something of everybody has counted, after ${seconds()}`);
  await look({ name: 'lesson', page, pid: first.pid });

  const cutOff = tabs.slice(0, cutOffs);
  const closed = tabs.slice(cutOffs, cutOffs + Math.max(1, Math.round(size / 10)));
  for (const { context } of closed) await context.close();
  const late = await disturb({ browser, port, network, cutOff });
  print(
    `${closed.length} have closed, ${cutOff.length} lost the network and are back, one came late, after ${seconds()}`,
  );

  const { step } = await first.stop();
  const steps = step + stepsLeft;
  const flags = ['--resume', folder, '--set', `steps=${steps}`, '--port', `${port}`, '--no-exit'];
  const second = new Command(['train', ...flags, ...alone]);
  const [, digest = ''] = await second.match(/parameters SHA-256 (\w{64})/);
  print(`stopped after step ${step}, resumed, ended after step ${steps}, after ${seconds()}`);

  const there = [...tabs.filter((tab) => !closed.includes(tab)), late];
  for (const tab of there) await tab.page.getByText('The model is trained').waitFor();
  await look({ name: 'end', page, pid: second.pid });
  const parts: Part[] = [];
  for (const tab of there) parts.push(await comeBack(tab, steps));
  print(`everybody has found his part, and the model, again, after ${seconds()}`);

  second.signal('SIGINT');
  const { code, errors } = await second.finished;
  if (code !== 0) throw new Error(`the coordinator ended with ${code}: ${errors}`);
  network.close();
  for (const context of [page.context(), ...there.map((tab) => tab.context)]) await context.close();
  const referenceDigest = (await new Reference(job.words).digests(steps)).at(-1);
  const samples = (await stepsOf(folder)).reduce((sum, each) => sum + each.samples, 0);
  return { steps, digest, referenceDigest, parts, closed, people: await peopleIn(folder, job), samples };
}

async function openPage(browser: Browser, port: number, device: BrowserContextOptions = {}): Promise<Page> {
  const context = await openContext(browser, device);
  const page = await context.newPage();
  await page.goto(`http://${plainHost}:${port}/#join`);
  return page;
}

/** Somebody who opens the link on a device of his own. */
async function joinLobby(browser: Browser, port: number, name: string): Promise<Tab> {
  const page = await openPage(browser, port, phone);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('You are in!').waitFor();
  return { context: page.context(), page, name, id: await idAt(page) };
}

interface Disturbance {
  readonly browser: Browser;
  readonly port: number;
  readonly network: NetworkSwitch;
  readonly cutOff: readonly Tab[];
}

/** Some lose the network and get it back; meanwhile one comes late. @returns the late one's */
async function disturb({ browser, port, network, cutOff }: Disturbance): Promise<Tab> {
  network.off();
  for (const { page } of cutOff) await page.getByText('the coordinator cannot be reached').first().waitFor();
  const page = await openPage(browser, port, phone);
  await page.getByLabel('Your name').fill(lateName);
  await page.getByRole('button', { name: 'Help train' }).click();
  await untilMoreCounts({ page });
  const before = await Promise.all(cutOff.map(counted));
  network.on();
  await Promise.all(cutOff.map((tab, index) => untilMoreCounts(tab, before[index])));
  return { context: page.context(), page, name: lateName, id: await idAt(page) };
}

/** What the end says, and says again when the page was loaded anew, where the model can still be tried. */
async function comeBack({ page, id, name }: Tab, steps: number): Promise<Part> {
  const shown = await partAt(page);
  await page.reload();
  await page.getByText(name === '' ? /^Thank you, / : `Thank you, ${name}!`).waitFor();
  await page.getByRole('button', { name: /Draw a digit|Try a picture/ }).click();
  await page.getByText(`The parameters of step ${steps.toLocaleString('en')}`).waitFor();
  return { id, name, shown, shownAgain: await partAt(page) };
}

async function counted({ page }: Pick<Tab, 'page'>): Promise<number> {
  return Number((await page.getByTestId('counted').textContent())?.replaceAll(',', '') ?? '0');
}

/** Resolves when more of what the tab gave was counted than before. */
async function untilMoreCounts({ page }: Pick<Tab, 'page'>, before = 0): Promise<void> {
  const isMore = (least: number) =>
    Number(document.querySelector('[data-testid=counted]')?.textContent?.replaceAll(',', '') ?? '0') > least;
  await page.waitForFunction(isMore, before);
}

function idAt(page: Page): Promise<string> {
  return page.evaluate(() => (JSON.parse(localStorage.getItem('gradswarm volunteer') ?? '{}') as { id: string }).id);
}

async function partAt(page: Page): Promise<number> {
  return Number(await page.getByTestId('your-part').getAttribute('data-samples'));
}

async function peopleIn(folder: string, { microbatchSize }: LessonJob): Promise<readonly PersonView[]> {
  const { records } = readLedger(await readFile(ledgerFile(folder)));
  const credit = new Credit({ microbatchSize, maximum: 10_000 });
  restoreCredit(credit, records, Number.POSITIVE_INFINITY);
  return credit.people;
}
