// `npm run picture [FILE]`: the README's moving picture, made of a real run: a wall and two phones that join by its link, train
// the model and try it.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { Command, temporaryFolder } from '../system/processes.ts';
import { animatedWebp, type Frame } from './animated_webp.ts';
import { launchBrowser, openContext, plainHost } from './browser.ts';
import { drawThree } from './drawn_three.ts';

const [file = fileURLToPath(new URL('../../../.github/lesson.webp', import.meta.url))] = process.argv.slice(2);

const port = 8080;
const wallSize = { width: 1280, height: 780 };
const phoneSize = { width: 390, height: 844 };

/** Where the pages stand in the picture. */
const size = { width: 930, height: 366 };
const height = 350;
const gap = 8;

/** Milliseconds for which a frame is shown, and between two of what goes on by itself. */
const [shown, pause] = [500, 5_000];

interface Scene {
  readonly wall: Page;
  readonly phones: readonly Page[];
  /** Takes a picture of all pages as they are. */
  readonly shoot: (duration?: number) => Promise<void>;
}

await using folder = await temporaryFolder();
const job = ['mnist-mlp', '--epochs', '2', '--set', 'microbatchSize=5'];
const alone = ['--workers', '0', '--no-own-share', '--lobby', '--no-exit', '--run', `${folder.path}/run`];
const command = new Command([
  'train',
  ...job,
  ...alone,
  '--host',
  '0.0.0.0',
  '--allow-host',
  plainHost,
  '--port',
  `${port}`,
]);
await command.match(/watch it/);
const browser = await launchBrowser();
try {
  const frames: Frame[] = [];
  await play(await open(browser, frames));
  const moving = animatedWebp(frames, size);
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, moving);
  console.log(`${resolve(file)}: ${frames.length} frames, ${Math.round(moving.length / 1000)} kB`);
} finally {
  await browser.close();
  command.signal('SIGINT');
  await command.finished;
}

async function open(opened: Browser, frames: Frame[]): Promise<Scene> {
  const pageAt = async (viewport: typeof wallSize, address: string) => {
    const context = await openContext(opened, { viewport, colorScheme: 'light' });
    const page = await context.newPage();
    await page.goto(`http://${plainHost}:${port}/${address}`);
    return page;
  };
  const wall = await pageAt(wallSize, '?view=projector');
  const phones = [await pageAt(phoneSize, '?view=phone#join'), await pageAt(phoneSize, '?view=phone#join')];
  const studio = await opened.newPage();
  const shoot = async (duration = shown) => {
    const pictures: string[] = [];
    for (const page of [wall, ...phones]) pictures.push((await page.screenshot()).toString('base64'));
    const picture = await studio.evaluate(compose, { pictures, size, height, gap });
    frames.push({ picture: Buffer.from(picture, 'base64'), duration });
  };
  return { wall, phones, shoot };
}

async function play({ wall, phones, shoot }: Scene): Promise<void> {
  await wall.getByTestId('joined').waitFor();
  await shoot(900);
  for (const [at, phone] of phones.entries()) {
    await phone.getByLabel('Your name').fill(['Ada', 'Noor'][at] ?? '');
    await shoot();
    await phone.getByRole('button', { name: 'Join' }).click();
    await phone.getByText('You are in!').waitFor();
    await shoot();
  }
  await wall.getByRole('button', { name: 'Start' }).click();
  await wall.getByTestId('headline figure').waitFor();
  await shoot();
  const [phone] = phones;
  if (phone === undefined) throw new Error('no phone');
  await tryModel(phone, shoot);
  while ((await wall.getByText('finished', { exact: true }).count()) === 0) {
    await shoot();
    await wait(pause);
  }
  await phone.evaluate(() => scrollTo(0, 0));
  await shoot(2_500);
}

async function tryModel(phone: Page, shoot: Scene['shoot']): Promise<void> {
  const open = phone.getByRole('button', { name: 'Try a picture' });
  await open.scrollIntoViewIfNeeded();
  await shoot();
  await open.click();
  const canvas = phone.getByRole('application', { name: /Draw here/ });
  await canvas.waitFor();
  await phone.locator('#try').evaluate((heading) => heading.scrollIntoView());
  await drawThree(phone, canvas, async (part) => {
    if (part % 2 === 0) await shoot(300);
  });
  await phone.getByTestId('headline').waitFor();
  await shoot();
}

interface Composition {
  readonly pictures: readonly string[];
  readonly size: typeof size;
  readonly height: number;
  readonly gap: number;
}

/** Runs in a page: pictures side by side, as WebP in base64. */
async function compose({
  pictures,
  size: { width, height: whole },
  height: each,
  gap: between,
}: Composition): Promise<string> {
  const canvas = new OffscreenCanvas(width, whole);
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('no canvas');
  context.fillStyle = '#c9cddd';
  context.fillRect(0, 0, width, whole);
  context.imageSmoothingQuality = 'high';
  let left = between;
  for (const picture of pictures) {
    const response = await fetch(`data:image/png;base64,${picture}`);
    const bitmap = await createImageBitmap(await response.blob());
    const wide = Math.round((bitmap.width * each) / bitmap.height);
    context.drawImage(bitmap, left, between, wide, each);
    left += wide + between;
  }
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.5 })).arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
