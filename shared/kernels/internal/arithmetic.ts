// The arithmetic in which the two numerics profiles differ, and constants shared with TypeScript (see kernels.ts).

/** `epilogueCodes.relu`. */
export const reluEpilogue: i32 = 1;

/** a * b + c in each lane: two roundings in the portable profile, one in the fused. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** All bits of each lane that is an infinity or NaN: x − x is 0 for any other x. */
// @ts-ignore: decorator
@inline
export function notFinite(x: v128): v128 {
  const difference = f32x4.sub(x, x);
  return f32x4.ne(difference, difference);
}

/** The larger of x and zero; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function reluLanes(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}
