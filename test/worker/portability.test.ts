// The browser's shell reuses the session: nothing that it imports may need Node.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** All modules that `path` imports, directly or not, and the packages and built-in modules among them. */
function importsOf(path: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (url: URL): void => {
    if (files.has(url.href)) return;
    files.add(url.href);
    for (const [, specifier] of readFileSync(url, 'utf8').matchAll(/^(?:import|export|\}) .*?from '([^']+)';$/gm)) {
      if (specifier === undefined) continue;
      if (specifier.startsWith('.')) visit(new URL(specifier, url));
      else packages.add(specifier);
    }
  };
  visit(new URL(path, root));
  return { files, packages };
}

describe('portability', () => {
  it('lets the session run anywhere: no Node module, no ws, no Buffer', () => {
    const { files, packages } = importsOf('worker/session/session.ts');
    expect(files.size).toBeGreaterThan(10);
    expect([...packages].sort()).toEqual(['msgpackr/index-no-eval', 'valibot']);
    const code = (url: string) => readFileSync(new URL(url), 'utf8').replaceAll(/^\s*(\/\/|\/\*|\*).*$/gm, '');
    const nodeOnly = [...files].filter((url) => /\b(process|Buffer)\./.test(code(url)));
    expect(nodeOnly).toEqual([]);
  });

  it('brings few packages along in Node', () => {
    expect([...importsOf('worker/process/node_worker.ts').packages].sort()).toEqual([
      'msgpackr/index-no-eval',
      'node:crypto',
      'node:fs',
      'node:http',
      'node:net',
      'node:os',
      'node:stream',
      'node:tls',
      'valibot',
      'ws',
    ]);
  });
});
