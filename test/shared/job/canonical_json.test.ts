import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/job/canonical_json.ts';

describe('canonicalJson', () => {
  it('writes the example of RFC 8785, section 3.2.2, as its section 3.2.3 has it', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 code units, as RFC 8785, section 3.2.3, asks', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toHaveLength(7);
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
  });

  it('does not depend on the order of keys, and loses nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 })), (value) => {
        const text = attempt(value);
        if (text === undefined) return;
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    [Number.NaN, 'canonical JSON cannot hold NaN'],
    [{ a: Number.POSITIVE_INFINITY }, 'canonical JSON cannot hold Infinity'],
    [[undefined], 'canonical JSON cannot hold a value of type undefined'],
    [{ a: undefined }, 'canonical JSON cannot hold a value of type undefined'],
    ['\ud800', 'canonical JSON cannot hold a lone surrogate'],
    [{ '\udc00': 1 }, 'canonical JSON cannot hold a lone surrogate'],
  ])('refuses %o', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(message));
  });
});

/** Undefined for what JSON cannot hold; fast-check's strings may have lone surrogates. */
function attempt(value: unknown): string | undefined {
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}
