import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { statusLine } from '../../../coordinator/command_line/status_line.ts';

const status = {
  parts: [
    { text: 'epoch 3/10', rank: 5 },
    { text: 'step 1234/6000', rank: 0 },
    { text: 'loss 0.1234', rank: 1 },
    { text: 'accuracy 95.33 %', rank: 4 },
    { text: '35,099 samples/s', rank: 2 },
    { text: '3 workers', rank: 3 },
  ],
  done: 1234 / 6000,
};

const at = (columns: number) => stripVTControlCharacters(statusLine(status, columns));

describe('the status line', () => {
  it.each([
    [120, 'epoch 3/10  step 1234/6000  loss 0.1234  accuracy 95.33 %  35,099 samples/s  3 workers'],
    [80, 'step 1234/6000  loss 0.1234  accuracy 95.33 %  35,099 samples/s  3 workers'],
    [60, 'step 1234/6000  loss 0.1234  35,099 samples/s  3 workers'],
    [40, 'step 1234/6000  loss 0.1234  3 workers'],
    [16, 'step 1234/6000'],
  ])('keeps in %i columns what matters most, in order', (columns, expected) => {
    expect(at(columns).replace(/^[█░]+ {2}/, '')).toBe(expected);
  });

  it('fills what is left by a bar, and never reaches the last column', () => {
    expect(at(120)).toMatch(/^█{5}░{19} {2}epoch/);
    expect(at(60)).toMatch(/^step/);
    for (let columns = 15; columns < 200; columns++) expect(at(columns).length).toBeLessThan(columns);
  });
});
