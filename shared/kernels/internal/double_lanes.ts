// Two f64 at a time: the functions of functions.ts, operation for operation, so that each lane has the bits of its scalar
// twin; and pairs of f32 widened to f64 and rounded back.

const log2OfE: f64 = 1.4426950408889634;
const ln2High: f64 = 0.6931471803691238;
const ln2Low: f64 = 1.9082149292705877e-10;

// @ts-ignore: decorator
@inline
function term(p: v128, r: v128, constant: f64): v128 {
  return f64x2.add(f64x2.mul(p, r), f64x2.splat(constant));
}

/** exp64 of each lane. */
export function exp64Lanes(x: v128): v128 {
  const n = f64x2.nearest(f64x2.mul(x, f64x2.splat(log2OfE)));
  const r = f64x2.sub(
    f64x2.sub(x, f64x2.mul(n, f64x2.splat(ln2High))), f64x2.mul(n, f64x2.splat(ln2Low)),
  );
  let p = f64x2.splat(1.0 / 6227020800.0);
  p = term(p, r, 1.0 / 479001600.0);
  p = term(p, r, 1.0 / 39916800.0);
  p = term(p, r, 1.0 / 3628800.0);
  p = term(p, r, 1.0 / 362880.0);
  p = term(p, r, 1.0 / 40320.0);
  p = term(p, r, 1.0 / 5040.0);
  p = term(p, r, 1.0 / 720.0);
  p = term(p, r, 1.0 / 120.0);
  p = term(p, r, 1.0 / 24.0);
  p = term(p, r, 1.0 / 6.0);
  p = term(p, r, 0.5);
  p = term(p, r, 1.0);
  p = term(p, r, 1.0);
  const exponents = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  const powers = i64x2.shl(i64x2.add(exponents, i64x2.splat(1023)), 52);
  const inside = f64x2.mul(p, powers);
  const above = v128.bitselect(f64x2.splat(Infinity), inside, f64x2.gt(x, f64x2.splat(700)));
  return v128.bitselect(f64x2.splat(0), above, f64x2.lt(x, f64x2.splat(-700)));
}

/** sigmoid64 of each lane. */
export function sigmoid64Lanes(x: v128): v128 {
  const one = f64x2.splat(1);
  return f64x2.div(one, f64x2.add(one, exp64Lanes(f64x2.neg(x))));
}

/** tanh64 of each lane. */
export function tanh64Lanes(x: v128): v128 {
  const one = f64x2.splat(1), two = f64x2.splat(2);
  const z = f64x2.mul(x, x);
  let series = term(f64x2.splat(-17.0 / 315.0), z, 2.0 / 15.0);
  series = term(series, z, -1.0 / 3.0);
  series = f64x2.mul(x, term(series, z, 1.0));
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
