import { describe, expect, it } from 'vitest';
import { WrongTokens } from '../../../coordinator/connections/wrong_tokens.ts';

const generous = { wrongTokens: 1_000, wrongTokensPerAddress: 1_000 };

function begin(limits = generous) {
  let time = 0;
  return {
    wrong: new WrongTokens(() => time, limits),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

describe('wrong tokens', () => {
  it('wait the longer the more came from one source, at most 20 s', () => {
    const { wrong } = begin();
    const delays = Array.from({ length: 7 }, () => wrong.add('10.0.0.1'));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    expect(wrong.add('10.0.0.2')).toBe(1_000);
  });

  it('are forgotten ten minutes after the last', () => {
    const { wrong, pass } = begin();
    wrong.add('10.0.0.1');
    pass(599_999);
    expect(wrong.add('10.0.0.1')).toBe(2_000);
    pass(600_000);
    expect(wrong.add('10.0.0.1')).toBe(1_000);
  });

  it('crowd their source until their time has passed', () => {
    const { wrong, pass } = begin({ ...generous, wrongTokensPerAddress: 2 });
    wrong.add('10.0.0.1');
    expect(wrong.isCrowded('10.0.0.1')).toBe(false);
    wrong.add('::ffff:10.0.0.1');
    expect(wrong.isCrowded('10.0.0.1')).toBe(true);
    expect(wrong.isCrowded('10.0.0.2')).toBe(false);
    pass(1_000);
    expect(wrong.isCrowded('10.0.0.1')).toBe(false);
  });

  it('wait in bounded number in all; a source with none waiting is heard even then', () => {
    const { wrong, pass } = begin({ ...generous, wrongTokens: 2 });
    expect(wrong.add('10.0.0.1')).toBe(1_000);
    expect(wrong.add('10.0.0.2')).toBe(1_000);
    expect(wrong.isCrowded('10.0.0.1')).toBe(true);
    expect(wrong.isCrowded('10.0.0.3')).toBe(false);
    expect(wrong.add('10.0.0.3')).toBeUndefined();
    expect(wrong.isCrowded('10.0.0.3')).toBe(true);
    pass(1_000);
    expect(wrong.isCrowded('10.0.0.1')).toBe(false);
    expect(wrong.add('10.0.0.4')).toBe(1_000);
  });

  it('of more sources than can be remembered push out the oldest', () => {
    const { wrong } = begin({ ...generous, wrongTokens: 100_000 });
    for (let source = 0; source < 10_001; source++) wrong.add(`10.0.${source >> 8}.${source & 255}`);
    expect(wrong.add('10.0.0.1')).toBe(2_000);
    expect(wrong.add('10.0.0.0')).toBe(1_000);
  });
});
