import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { parseJson } from '../../../shared/json/parse.ts';

describe('parseJson', () => {
  it('reads every text that JSON.stringify writes, as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(parseJson(text, 'text')).toEqual(JSON.parse(text));
      }),
    );
  });

  it('takes and refuses the same texts as JSON.parse, repeated keys apart', () => {
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      'a',
      '\\',
      '\\n',
      '0',
      '1',
      '-',
      '.',
      'e',
      ' ',
      '\n',
      'true',
      'null',
    ];
    const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (text) => {
        const expected = attempt(() => JSON.parse(text));
        const found = attempt(() => parseJson(text, 'text'));
        expect(found.refused).toBe(expected.refused);
        expect(found.value).toEqual(expected.value);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{"a": 1,\n "b" 2}', 'line 2, column 6: expected ":", found "2"'],
    ['{"a": 1\n "b": 2}', 'line 2, column 2: expected "," or "}", found "\\""'],
    ['[1, 2', 'line 1, column 6: expected "," or "]", found the end'],
    ['{a: 1}', 'line 1, column 2: expected a key in double quotes, found "a"'],
    ['{"a": 1,}', 'line 1, column 9: expected a key in double quotes, found "}"'],
    ['[\n\n  nul]', 'line 3, column 3: expected a value, found "n"'],
    ['', 'line 1, column 1: expected a value, found the end'],
    ['{} x', 'line 1, column 4: expected the end, found "x"'],
    ['{"a": 01}', 'line 1, column 8: expected "," or "}", found "1"'],
    ['"a\nb"', 'line 1, column 1: this string is not closed, or has a bad escape or a line break in it'],
    ['{"a": 1, "a": 2}', 'line 1, column 10: duplicate key "a"'],
    ['[1e999]', 'line 1, column 2: 1e999 is too large a number'],
    ['['.repeat(200), 'line 1, column 102: nested deeper than 100 levels'],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parseJson(text, 'job.json')).toThrow(new InputError(`job.json: ${message}`));
  });

  it('makes a key named __proto__ a key like any other', () => {
    const value = parseJson('{"__proto__": {"evil": 1}}', 'text') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
  });
});

function attempt(read: () => unknown): { readonly refused: boolean; readonly value?: unknown } {
  try {
    return { refused: false, value: read() };
  } catch {
    return { refused: true };
  }
}
