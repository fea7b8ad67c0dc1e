// Bundles what browsers load: the dashboard, the volunteering Web Worker and the model's, into dist/dashboard. Everything a
// page needs comes from its own coordinator.

import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  entryPoints: [
    { in: join(here, 'main.tsx'), out: 'dashboard' },
    { in: join(here, 'style.css'), out: 'dashboard' },
    { in: join(here, 'model_worker.ts'), out: 'model' },
    { in: join(here, '../../worker/volunteer/volunteer_worker.ts'), out: 'volunteer' },
  ],
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  // The engine is in one file, for the volunteer and the model.
  splitting: true,
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of ['index.html', 'icon.svg']) await copyFile(join(here, name), join(out, name));

let total = 0;
for (const name of await readdir(out)) {
  if (name.endsWith('.gz')) continue;
  const compressed = gzipSync(await readFile(join(out, name)), { level: 9 });
  await writeFile(join(out, `${name}.gz`), compressed);
  total += compressed.length;
}
console.log(`dashboard: ${(total / 1000).toFixed(1)} kB compressed, volunteer and engine included`);
