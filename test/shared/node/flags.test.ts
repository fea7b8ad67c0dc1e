import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { flagOf, integer, seconds } from '../../../shared/node/flags.ts';

describe('flags', () => {
  it.each([
    ['1', 1],
    ['10', 10],
    [' 7 ', 7],
    ['1e1', 10],
  ])('take %j for a whole number', (text, expected) => {
    expect(integer(1, 10)(text)).toBe(expected);
  });

  it.each(['', ' ', '0', '11', '1.5', 'one', 'NaN', 'Infinity'])('refuse %j for one from 1 to 10', (text) => {
    expect(() => integer(1, 10)(text)).toThrow('expected a whole number from 1 to 10');
  });

  it('take seconds for milliseconds', () => {
    expect(seconds('0.4')).toBe(400);
    for (const text of ['', '-1', 'ever', 'Infinity']) {
      expect(() => seconds(text)).toThrow('expected a number of seconds, 0 or more');
    }
  });

  it('tell what a parser of our own refuses, and let its mistakes through', () => {
    const parse = (error: Error) => () =>
      flagOf(() => {
        throw error;
      })('text');
    expect(parse(new InputError('not a colour'))).toThrow(
      expect.objectContaining({ code: 'commander.invalidArgument' }),
    );
    expect(parse(new TypeError('ours'))).toThrow(TypeError);
  });
});
