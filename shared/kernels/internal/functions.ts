// exp, log, tanh and the logistic function, ours because JavaScript engines differ in theirs.
//
// All are computed in f64 with + − * / and bit operations only, which WebAssembly fixes to the bit, and rounded once to
// f32 where f32 is wanted. Both numerics profiles compute them alike. Errors are measured by test/shared/kernels.

const log2OfE: f64 = 1.4426950408889634;
/** ln 2 in two parts; the high one has 21 trailing zero bits, so that n * ln2High is exact for |n| < 2^20. */
const ln2High: f64 = 0.6931471803691238;
const ln2Low: f64 = 1.9082149292705877e-10;

/**
 * e^x. Method: x = n ln 2 + r with |r| <= ln 2 / 2, Taylor polynomial of degree 13 for e^r (remainder below 5e-18
 * relative), times 2^n. Range: all x; below −700 it is 0, above 700 infinity (f32 needs −104 to 89).
 * Error: below 2 ulp of f64, so a result rounded to f32 is within 0.5001 ulp.
 */
export function exp64(x: f64): f64 {
  if (x < -700) return 0;
  if (x > 700) return Infinity;
  const n = nearest<f64>(x * log2OfE);
  const r = x - n * ln2High - n * ln2Low;
  let p: f64 = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}

/**
 * Natural logarithm. Method: x = 2^k m with m in [√½, √2), s = (m − 1) / (m + 1), ln m = 2 artanh s by the odd series up
 * to s^21 (|s| <= 0.172, remainder below 3e-18). Range: all positive f64 that are normal; 0 gives −infinity, less gives
 * NaN. Error: below 2 ulp of f64 away from x = 1, and 2e-16 relative near it.
 */
export function log64(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return Infinity;
  const bits = reinterpret<u64>(x);
  let k = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    k += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  const logOfM = 2 * s + 2 * s * z * p;
  const exponent = <f64>k;
  return exponent * ln2High + (exponent * ln2Low + logOfM);
}

/** tanh x = 1 − 2 / (e^2x + 1); for |x| < 0.02, where that cancels, the odd series up to x^7. f32 error: 0.501 ulp. */
export function tanh64(x: f64): f64 {
  if (abs<f64>(x) < 0.02) {
    const z = x * x;
    return x * (1 + z * (-1.0 / 3.0 + z * (2.0 / 15.0 + z * (-17.0 / 315.0))));
  }
  return 1 - 2 / (exp64(2 * x) + 1);
}

/** 1 / (1 + e^−x). f32 error: 0.501 ulp. */
export function sigmoid64(x: f64): f64 {
  return 1 / (1 + exp64(-x));
}
