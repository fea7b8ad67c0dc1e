// Functions of four f32 lanes at once, where a pass over a tensor would otherwise wait for f64 one by one.

import { multiplyAdd } from './arithmetic';

/**
 * What `expBlock` computes with. Loaded where it is needed: V8 makes a constant vector anew at each use, in four
 * instructions, and a loop's time is spent on that.
 */
const numbers: usize = memory.data<f32>([
  -87, -88, 88, 1.44269504, 12582912, -0.693359375, 2.12194440e-4, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
  4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
], 16);

// @ts-ignore: decorator
@inline
function number(index: usize): v128 {
  return v128.load32_splat(numbers + (index << 2));
}

/** Elements that `expBlock` takes at a time, at most. */
export const blockElements: i32 = 256;

/** 2^n of each element of a block. */
const powers: usize = memory.data(256 * 4, 16);

/**
 * x = e^x for up to `blockElements` elements, in whole vectors. Method: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial of
 * degree 7 for e^r (S. L. Moshier, Cephes Mathematical Library, expf), times 2^n. Range: below −87 it is 0, above 88 as at 88;
 * NaN stays NaN. Error: 2 ulp.
 *
 * In two passes: every step waits for the one before it, and a core looks ahead over more vectors where a pass is short.
 */
export function expBlock(block: usize, elements: i32): void {
  const bytes = <usize>elements << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(block + at);
    const small = f32x4.lt(x, number(0));
    // pmin and pmax keep their first operand where it is NaN.
    const bounded = f32x4.pmin(f32x4.pmax(x, number(1)), number(2));
    // Added to 3 * 2^22, x / ln 2 is rounded to a whole number, which the low bits of the sum hold.
    const middle = number(4);
    const shifted = multiplyAdd(bounded, number(3), middle);
    const n = f32x4.sub(shifted, middle);
    v128.store(block + at, multiplyAdd(n, number(6), multiplyAdd(n, number(5), bounded)));
    // The exponent of 2^n, and that of 1.
    const power = i32x4.add(i32x4.shl(shifted, 23), number(13));
    v128.store(powers + at, v128.andnot(power, small));
  }
  for (let at: usize = 0; at < bytes; at += 16) {
    const r = v128.load(block + at);
    let p = number(7);
    p = multiplyAdd(p, r, number(8));
    p = multiplyAdd(p, r, number(9));
    p = multiplyAdd(p, r, number(10));
    p = multiplyAdd(p, r, number(11));
    p = multiplyAdd(p, r, number(12));
    p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), number(13));
    v128.store(block + at, f32x4.mul(p, v128.load(powers + at)));
  }
}

/** The sum of the four lanes: of the first two, of the last two, then of both. */
// @ts-ignore: decorator
@inline
export function laneSum(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** The largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneMaximum(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** Stores four lanes, or as many of them as there are elements left. */
// @ts-ignore: decorator
@inline
export function storeLanes(pointer: usize, x: v128, left: i32): void {
  if (left >= 4) {
    v128.store(pointer, x);
    return;
  }
  v128.store32_lane(pointer, x, 0);
  if (left > 1) v128.store32_lane(pointer, x, 1, 4);
  if (left > 2) v128.store32_lane(pointer, x, 2, 8);
}
