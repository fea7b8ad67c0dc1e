// `npm run screenshot`: the README's picture, made of a real run with two processes and a tab that helps.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, plainHost } from './browser.ts';

const picture = fileURLToPath(new URL('../../../.github/dashboard.png', import.meta.url));
const port = '8080';

await using folder = await temporaryFolder();
await mkdir(join(picture, '..'), { recursive: true });
const flags = [
  '--workers',
  '2',
  '--host',
  '0.0.0.0',
  '--allow-host',
  plainHost,
  '--port',
  port,
  '--run',
  join(folder.path, 'run'),
];
const command = new Command(['train', 'mnist-mlp', ...flags]);
await command.match(/watch it/);
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1560 }, deviceScaleFactor: 1 });
  await page.goto(`http://${plainHost}:${port}/`);
  await page.getByRole('button', { name: 'Help train' }).click();
  await page.getByRole('button', { name: 'Try a picture' }).click();
  await command.match(/epoch 5 /);
  const drawing = page.getByRole('application', { name: /Draw here/ });
  await drawing.scrollIntoViewIfNeeded();
  const canvas = await drawing.boundingBox();
  if (canvas === null) throw new Error('the canvas is not shown');
  const stroke = [
    [0.3, 0.25],
    [0.55, 0.15],
    [0.7, 0.3],
    [0.5, 0.48],
    [0.72, 0.66],
    [0.55, 0.85],
    [0.28, 0.75],
  ] as const;
  for (const [index, [x, y]] of stroke.entries()) {
    await page.mouse.move(canvas.x + x * canvas.width, canvas.y + y * canvas.height, { steps: 8 });
    if (index === 0) await page.mouse.down();
  }
  await page.mouse.up();
  await page
    .getByTestId('output-3')
    .getByText(/^[1-9]/)
    .waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
  command.signal('SIGINT');
  await command.finished;
}
console.log(picture);
