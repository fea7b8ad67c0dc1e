import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maximumTextLength, plainText } from '../../../shared/protocol/plain_text.ts';

/** What moves a cursor, ends a line, turns the direction of writing or cannot be encoded. */
const unfit = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, offset) => 0x7f + offset),
  ...[0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xd800, 0xdfff, 0xe0041],
].map((code) => String.fromCodePoint(code));

const anyText = fc.string({ unit: fc.oneof(fc.constantFrom(...unfit), fc.string({ unit: 'binary' })), maxLength: 400 });

describe('plainText', () => {
  it.each([
    ['a sentence, with "signs" – and Zeichen: 漢字 😀', 'a sentence, with "signs" – and Zeichen: 漢字 😀'],
    ['left\ntest accuracy 100.00 %', 'lefttest accuracy 100.00 %'],
    ['\u001b[2Jgone\u009b31m', '[2Jgone31m'],
    ['txt.\u202eexe', 'txt.exe'],
    ['', ''],
  ])('of %j is %j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it.each(unfit.map((character) => [character.codePointAt(0)?.toString(16), character]))(
    'takes out U+%s',
    (_, character) => {
      expect(plainText(`a${character}b`)).toBe('ab');
    },
  );

  it('cuts what is long, between characters', () => {
    expect(plainText('x'.repeat(16_000))).toBe('x'.repeat(maximumTextLength));
    expect(plainText(`x${'😀'.repeat(200)}`)).toBe(`x${'😀'.repeat(99)}`);
  });

  it('gives text that is short and well formed, and stays as it is when given again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const plain = plainText(text);
        expect(plain.length).toBeLessThanOrEqual(maximumTextLength);
        expect([...plain].filter((character) => unfit.includes(character))).toEqual([]);
        expect(new TextDecoder().decode(new TextEncoder().encode(plain))).toBe(plain);
        expect(plainText(plain)).toBe(plain);
      }),
    );
  });
});
