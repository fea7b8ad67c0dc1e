import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDelta } from '../../../shared/engine/binary_delta.ts';
import { deltaOf } from '../../../shared/kernels/binary_delta.mjs';
import { testValues } from '../kernels/profiles.ts';

/** Few different bytes, so that stretches recur. */
const bytes = fc.array(fc.nat(3), { maxLength: 100 }).map((values) => Uint8Array.from(values));

describe('a delta', () => {
  it('makes any binary of any other', () => {
    fc.assert(
      fc.property(bytes, bytes, (base, target) => {
        expect(applyDelta(base, deltaOf(base, target))).toEqual(target);
      }),
    );
  });

  it('of a binary with a few bytes changed, put in and left out is small', () => {
    const base = Uint8Array.from(testValues(5000, 1), (value) => 128 * (value + 1));
    const target = [...base];
    target[100] = 7;
    target.splice(2000, 0, 1, 2, 3);
    target.splice(4000, 5);
    const delta = deltaOf(base, Uint8Array.from(target));
    expect(applyDelta(base, delta)).toEqual(Uint8Array.from(target));
    expect(delta.length).toBeLessThan(50);
  });

  it('of another binary is refused where it reaches past the end', () => {
    const base = Uint8Array.from({ length: 100 }, (_, index) => index);
    const delta = deltaOf(base, base);
    expect(() => applyDelta(base.subarray(0, 50), delta)).toThrow(new RangeError('the delta is of another binary'));
  });
});
