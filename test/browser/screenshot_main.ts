// `npm run screenshot`: the README's picture, made of a real run with two processes and a tab that helps.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, temporaryFolder } from '../system/processes.ts';
import { launchBrowser, plainHost } from './browser.ts';
import { drawThree } from './drawn_three.ts';

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
  await drawThree(page, drawing);
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
