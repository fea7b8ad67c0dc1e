import { describe, expect, it } from 'vitest';
import { InputError } from '../../../shared/errors.ts';
import { matches, namesMeant } from '../../../shared/model/name_patterns.ts';

describe('a pattern of names', () => {
  it.each([
    ['dense1.weight', 'dense1.weight', true],
    ['dense1.weight', 'dense1.weights', false],
    ['dense1.*', 'dense1.bias', true],
    ['dense1.*', 'dense10.bias', false],
    ['*.bias', 'dense1.bias', true],
    ['*.bias', 'bias', false],
    ['*', 'anything', true],
    ['block*.norm*.gain', 'block3.norm1.gain', true],
    ['block*.norm*.gain', 'block3.gain', false],
    // What stands before and behind the star must not share a character.
    ['ab*ba', 'aba', false],
    ['a*b*b', 'ab', false],
    ['a.c', 'abc', false],
  ])('%s of %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('is refused where it means nothing', () => {
    expect(() => namesMeant(['a.*', 'c*'], ['a.x', 'b.x'], 'freeze')).toThrow(
      new InputError('freeze: c* is the name of no tensor; there are a.x, b.x'),
    );
    expect([...namesMeant(['a.*', 'b.x'], ['a.x', 'b.x', 'c'], 'freeze')]).toEqual(['a.x', 'b.x']);
  });
});
