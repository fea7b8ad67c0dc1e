// Two f64 at a time: functions of functions.ts, operation for operation, so that each lane has the bits of its scalar twin,
// and tanh; and pairs of f32 widened to f64 and rounded back.

/**
 * What `exp64Lanes` computes with: 1 / ln 2, ln 2 in two parts, its bounds, infinity, and the terms from 1/13! on. Loaded
 * where it is needed, as in lanes.ts.
 */
const numbers: usize = memory.data<f64>([
  1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10, -700, 700, Infinity, 1.0 / 6227020800.0,
  1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0,
  1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0,
], 16);

// @ts-ignore: decorator
@inline
function number(index: usize): v128 {
  return v128.load64_splat(numbers + (index << 3));
}

// @ts-ignore: decorator
@inline
function term(p: v128, r: v128, constant: v128): v128 {
  return f64x2.add(f64x2.mul(p, r), constant);
}

/** exp64 of each lane. */
export function exp64Lanes(x: v128): v128 {
  const n = f64x2.nearest(f64x2.mul(x, number(0)));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(n, number(1))), f64x2.mul(n, number(2)));
  let p = number(6);
  p = term(p, r, number(7));
  p = term(p, r, number(8));
  p = term(p, r, number(9));
  p = term(p, r, number(10));
  p = term(p, r, number(11));
  p = term(p, r, number(12));
  p = term(p, r, number(13));
  p = term(p, r, number(14));
  p = term(p, r, number(15));
  p = term(p, r, number(16));
  p = term(p, r, number(17));
  const one = number(18);
  p = term(p, r, one);
  p = term(p, r, one);
  // The exponent of 2^n, and that of 1.
  const exponents = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  const inside = f64x2.mul(p, i64x2.add(i64x2.shl(exponents, 52), one));
  const above = v128.bitselect(number(5), inside, f64x2.gt(x, number(4)));
  return v128.andnot(above, f64x2.lt(x, number(3)));
}

/** sigmoid64 of each lane. */
export function sigmoid64Lanes(x: v128): v128 {
  const one = f64x2.splat(1);
  return f64x2.div(one, f64x2.add(one, exp64Lanes(f64x2.neg(x))));
}

/** tanh x = 1 − 2 / (e^2x + 1) in each lane; for |x| < 0.02, where that cancels, the odd series up to x^7. f32 error: 0.501 ulp. */
export function tanh64Lanes(x: v128): v128 {
  const one = f64x2.splat(1), two = f64x2.splat(2);
  const z = f64x2.mul(x, x);
  let series = term(f64x2.splat(-17.0 / 315.0), z, f64x2.splat(2.0 / 15.0));
  series = term(series, z, f64x2.splat(-1.0 / 3.0));
  series = f64x2.mul(x, term(series, z, one));
  const whole = f64x2.sub(one, f64x2.div(two, f64x2.add(exp64Lanes(f64x2.mul(two, x)), one)));
  return v128.bitselect(series, whole, f64x2.lt(f64x2.abs(x), f64x2.splat(0.02)));
}

/** Two f32 as f64. Reads 8 bytes, also where only one value is left. */
// @ts-ignore: decorator
@inline
export function loadPair(pointer: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(pointer));
}

/** Two f64 rounded to f32; only the first of them where only one is left. */
// @ts-ignore: decorator
@inline
export function storePair(pointer: usize, pair: v128, isWhole: bool): void {
  const rounded = f32x4.demote_f64x2_zero(pair);
  if (isWhole) v128.store64_lane(pointer, rounded, 0);
  else v128.store32_lane(pointer, rounded, 0);
}

/** Four f64 rounded to f32 and stored. @returns them. */
// @ts-ignore: decorator
@inline
export function storePairs(pointer: usize, low: v128, high: v128): v128 {
  const rounded = v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  v128.store(pointer, rounded);
  return rounded;
}
