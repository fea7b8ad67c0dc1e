// The engine's digest: SHA-256 over what computes, so that workers of one run can agree on it. That is the JavaScript of
// the engine and of all that it imports, binaries included, without comments, types and white space.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Folders of `shared/` whose files are the engine. What they import counts too; packages do not. */
const folders = ['engine', 'work'];

/** @param shared The folder `shared/`, with the generated files but for the digest. */
export async function engineDigestOf(shared) {
  const files = (await Promise.all(folders.map((folder) => filesOf(shared, folder)))).flat();
  const { outputFiles } = await build({
    stdin: { contents: files.map((file, at) => `export * as m${at} from './${file}';`).join('\n'), resolveDir: shared },
    bundle: true,
    // Identifiers stay: esbuild shortens them by how often letters occur in the source, types included.
    minifyWhitespace: true,
    minifySyntax: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    legalComments: 'none',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  return hash.digest('hex');
}

async function filesOf(shared, folder) {
  const names = await readdir(join(shared, folder), { recursive: true }).catch(() => []);
  return names
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('/generated/'))
    .sort();
}
