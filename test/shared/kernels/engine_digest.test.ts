import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineDigest } from '../../../shared/engine/generated/engine_digest.ts';
import { engineDigestOf } from '../../../shared/kernels/engine_digest.mjs';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));

describe('the engine digest', () => {
  let copy = '';

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'gradswarm-digest-'));
    await cp(shared, copy, { recursive: true });
  });

  afterAll(() => rm(copy, { recursive: true }));

  /** The digest after a change to a copy of the engine, which is then undone. */
  async function digestAfter(name: string, change: (source: string) => string): Promise<string> {
    const file = join(copy, name);
    const source = await readFile(file, 'utf8');
    const changed = change(source);
    expect(changed).not.toBe(source);
    await writeFile(file, changed);
    const digest = await engineDigestOf(copy);
    await writeFile(file, source);
    return digest;
  }

  it('is the same wherever the sources lie', async () => {
    expect(await engineDigestOf(copy)).toBe(engineDigest);
  });

  it.each([
    ['a comment', 'engine/shard_sum.ts', (source: string) => `// New.\n${source.replace('// The sum', '// A sum')}`],
    ['white space', 'engine/shape.ts', (source: string) => source.replaceAll('\n', '\n\n')],
    [
      'a type',
      'engine/shape.ts',
      (source: string) => source.replace('Shape = readonly', 'Shape = readonly number[] &'),
    ],
    ['what the engine does not use', 'json/parse.ts', (source: string) => source.replaceAll('1', '2')],
  ])('is left alone by %s', async (_, name, change) => {
    expect(await digestAfter(name, change)).toBe(engineDigest);
  });

  it.each([
    ['an operator', 'engine/shape.ts', (source: string) => source.replace('product * size', 'product + size')],
    [
      'a constant of what it imports',
      'random/philox.ts',
      (source: string) => source.replace('rounds = 10', 'rounds = 9'),
    ],
    ['a byte of a binary', 'engine/generated/portable.ts', (source: string) => source.replace("'AGFzbQ", "'AGFzbR")],
    [
      'a byte of the other’s delta',
      'engine/generated/fused.ts',
      (source: string) => source.replace("A'", "B'").replace("='", "A'"),
    ],
  ])('follows %s', async (_, name, change) => {
    expect(await digestAfter(name, change)).not.toBe(engineDigest);
  });
});
