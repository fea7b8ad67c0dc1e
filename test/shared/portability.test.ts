// What runs on every worker must give the same bits on every JavaScript engine.

import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const shared = new URL('../../shared/', import.meta.url);

/** Functions of Math whose results differ between engines, or between calls. */
const unportable =
  /\bMath\s*\.\s*(a?(sin|cos|tan)h?|atan2|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot|random)\b|\bMath\s*\[|\}\s*=\s*Math\b/;

const withoutComments = (source: string) => source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

async function sources(): Promise<readonly string[]> {
  const names = await readdir(shared, { recursive: true });
  return names.filter(
    (name) =>
      name.endsWith('.ts') && !name.includes('generated') && !name.startsWith('kernels') && !name.startsWith('node'),
  );
}

describe('shared/', () => {
  it('uses no function of Math that differs between JavaScript engines', async () => {
    const names = await sources();
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const source = withoutComments(await readFile(new URL(name, shared), 'utf8'));
      expect(unportable.exec(source)?.[0], name).toBeUndefined();
    }
  });

  it('would be caught if it did', () => {
    for (const bad of ['Math.exp(x)', 'Math . random()', 'Math["pow"](2, 3)', 'const { tanh } = Math']) {
      expect(unportable.test(bad)).toBe(true);
    }
    for (const good of ['Math.sqrt(x)', 'Math.fround(x)', 'Math.clz32(x)', 'mathematics.exp(x)', 'Math.max(1, 2)']) {
      expect(unportable.test(good)).toBe(false);
    }
  });
});
