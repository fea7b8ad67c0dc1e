// SECURITY.md: what it promises is held by tests that exist.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './source_files.ts';

const promises = async () => {
  const text = await readFile(join(root, 'SECURITY.md'), 'utf8');
  return [...text.matchAll(/^\| (.+) \| `(test\/[^`]+)`: "(.+)" \|$/gm)].map(
    ([, promise = '', file = '', name = '']) => ({
      promise,
      file,
      name,
    }),
  );
};

describe('each promise of SECURITY.md', () => {
  it('names a test that exists', async () => {
    const missing: string[] = [];
    for (const { file, name, promise } of await promises()) {
      const source = await readFile(join(root, file), 'utf8').catch(() => '');
      if (!source.includes(name)) missing.push(`${file}: ${name}, for: ${promise}`);
    }
    expect(missing).toEqual([]);
  });

  it('is found by this test', async () => {
    expect((await promises()).length).toBeGreaterThan(8);
  });
});

describe('SECURITY.md', () => {
  it('is in the package, and linked from the README', async () => {
    const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      readonly files: readonly string[];
    };
    expect(files).toContain('SECURITY.md');
    expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('](SECURITY.md)');
  });
});
