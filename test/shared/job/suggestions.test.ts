import { describe, expect, it } from 'vitest';
import { suggestion } from '../../../shared/job/suggestions.ts';

describe('suggestion', () => {
  it.each([
    ['learningrate', 'learningRate'],
    ['momentun', 'momentum'],
    ['leanringRate', 'learningRate'],
    ['sede', 'seed'],
    ['nestrov', 'nesterov'],
  ])('finds what %s was meant to be', (word, meant) => {
    const known = ['learningRate', 'momentum', 'nesterov', 'seed', 'weightDecay'];
    expect(suggestion(word, known)).toBe(` (did you mean ${meant}?)`);
  });

  it.each(['x', 'colour', 'feed me'])('has nothing to say to %s', (word) => {
    expect(suggestion(word, ['learningRate', 'momentum', 'seed'])).toBe('');
  });

  it('prefers the nearest, and of equals the first', () => {
    expect(suggestion('batch', ['botch', 'batch1', 'batch'])).toBe(' (did you mean batch?)');
    expect(suggestion('batch', ['botch', 'patch'])).toBe(' (did you mean botch?)');
  });
});
