import fc from 'fast-check';
import colors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { widthOf, wrapped } from '../../../coordinator/command_line/wrapping.ts';

const painted = colors.createColors(true);
const epoch =
  'epoch 1  training (10,000 of 60,000) loss 0.1569 accuracy 95.39 %  test loss 0.1331 accuracy 96.08 %  35,099 samples/s  still learning: test loss falls (0.3 points apart)';

describe('a wrapped line', () => {
  it('is left as it is where it has room', () => {
    expect(wrapped('listening on ws://127.0.0.1:33279', 33)).toEqual(['listening on ws://127.0.0.1:33279']);
  });

  it('is broken where there are wide gaps, else at spaces', () => {
    expect(wrapped(epoch, 80)).toEqual([
      'epoch 1  training (10,000 of 60,000) loss 0.1569 accuracy 95.39 %',
      '  test loss 0.1331 accuracy 96.08 %  35,099 samples/s',
      '  still learning: test loss falls (0.3 points apart)',
    ]);
    expect(wrapped(epoch, 40)).toEqual([
      'epoch 1  training (10,000 of 60,000)',
      '  loss 0.1569 accuracy 95.39 %',
      '  test loss 0.1331 accuracy 96.08 %',
      '  35,099 samples/s  still learning: test',
      '  loss falls (0.3 points apart)',
    ]);
  });

  it('keeps an address whole that is longer than a line', () => {
    expect(wrapped('watch it at http://192.168.100.200:33279/', 20)).toEqual([
      'watch it at',
      'http://192.168.100.200:33279/',
    ]);
  });

  it('does not count colours, and counts wide characters twice', () => {
    expect(widthOf(painted.yellow('four'))).toBe(4);
    expect(widthOf('숫자 3')).toBe(6);
    expect(wrapped(painted.bold('one two'), 7)).toHaveLength(1);
    expect(wrapped('숫자 인식', 8)).toEqual(['숫자', '  인식']);
  });

  it('loses no word, and is no wider than the terminal unless a word is', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 14, max: 120 }), fc.constantFrom(' ', '  '), (all, columns, gap) => {
        const lines = wrapped(all.join(gap), columns);
        expect(
          lines
            .join(' ')
            .split(/ +/)
            .filter((word) => word !== ''),
        ).toEqual(all);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
