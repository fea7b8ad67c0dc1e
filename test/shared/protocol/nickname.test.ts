import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maximumNameLength, nickname } from '../../../shared/protocol/nickname.ts';

describe('nickname', () => {
  it.each([
    ['Ada', 'Ada'],
    ['  Ada \n Lovelace ', 'Ada Lovelace'],
    ['지우', '지우'],
    ['\u001b[31mred', '[31mred'],
    ['\u202egnirts', 'gnirts'],
    ['\u3164\u200b', ''],
    ['a\u0301\u0302\u0303\u0304\u0305', 'á\u0302\u0303'],
    ['x'.repeat(100), 'x'.repeat(24)],
    ['😀'.repeat(30), '😀'.repeat(24)],
  ])('of %j is %j', (text, name) => {
    expect(nickname(text)).toBe(name);
  });

  it('is fit, short, and the same if given again, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const name = nickname(text);
        expect([...name].length).toBeLessThanOrEqual(maximumNameLength);
        expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(nickname(name)).toBe(name);
      }),
    );
  });
});
