import { describe, expect, it } from 'vitest';
import { openTokenizer } from '../../../coordinator/data/tokenizer.ts';
import type { Tokenizer } from '../../../shared/data/tokenizer.ts';
import { InputError } from '../../../shared/errors.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A text by way of its ids, and what each of them completes. */
function there(tokenizer: Tokenizer, text: string) {
  const ids = [...tokenizer.encode(bytesOf(text), 'the text')];
  const decoder = tokenizer.decoder();
  return { ids, back: [...ids.map((id) => decoder.add(id)), decoder.end()] };
}

describe('a tokenizer', () => {
  it('of characters gives each its place in the alphabet', () => {
    const tokenizer = openTokenizer({ kind: 'characters', characters: 'é😀 a' });
    expect(there(tokenizer, 'a 😀é')).toEqual({ ids: [3, 2, 1, 0], back: ['a', ' ', '😀', 'é', ''] });
  });

  it('of characters lets one stand for all that it does not know, or refuses them by their place', () => {
    const alphabet = { kind: 'characters', characters: 'ab?\n' } as const;
    expect(there(openTokenizer({ ...alphabet, unknown: '?' }), 'axb').ids).toEqual([0, 2, 1]);
    expect(() => openTokenizer(alphabet).encode(bytesOf('ab\naxb'), 'the text')).toThrow(
      new InputError(
        'the text: line 2, column 2: the alphabet has no "x" (U+0078), and no character stands for unknown ones',
      ),
    );
  });

  it('of bytes gives a character once its last byte is there', () => {
    const tokenizer = openTokenizer({ kind: 'bytes' });
    expect(there(tokenizer, 'né')).toEqual({ ids: [0x6e, 0xc3, 0xa9], back: ['n', '', 'é', ''] });
    const decoder = tokenizer.decoder();
    expect([decoder.add(0xc3), decoder.end()]).toEqual(['', '\ufffd']);
  });

  it('of byte pairs names the package that it needs', () => {
    // Where it is installed, the tokenizer works.
    try {
      const { back } = there(openTokenizer({ kind: 'r50k_base' }), 'naïve 😀 <|endoftext|>');
      expect(back.join('')).toBe('naïve 😀 <|endoftext|>');
    } catch (error) {
      expect(error).toEqual(
        new InputError(
          'tokens r50k_base: the npm package gpt-tokenizer is not installed: run npm install gpt-tokenizer',
        ),
      );
    }
  });
});
