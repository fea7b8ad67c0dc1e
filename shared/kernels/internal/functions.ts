// exp, log, the logistic and the error function, sine and cosine, ours because JavaScript engines differ in theirs.
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

/** 1 / (1 + e^−x). f32 error: 0.501 ulp. */
export function sigmoid64(x: f64): f64 {
  return 1 / (1 + exp64(-x));
}

/**
 * The error function's complement, 2/√π ∫ e^−t² dt from x to infinity, by rational functions (W. J. Cody, "Rational Chebyshev
 * approximations for the error function", Mathematics of Computation 23, 1969): one for erf x up to 0.46875, one for
 * e^x² erfc x up to 4, one in 1/x² beyond. Error: below 1e-15 relative, but for what e^−x² adds far out, 2 x² ulp.
 */
export function erfc64(x: f64): f64 {
  const y = abs<f64>(x);
  if (y <= 0.46875) return 1 - x * erfQuotient(y * y);
  const tail = y <= 4 ? erfcMiddle(y) : y > 27 ? 0 : erfcFar(y);
  return x < 0 ? 2 - tail : tail;
}

function erfQuotient(z: f64): f64 {
  let p: f64 = 1.85777706184603153e-1;
  p = p * z + 3.16112374387056560;
  p = p * z + 1.13864154151050156e2;
  p = p * z + 3.77485237685302021e2;
  p = p * z + 3.20937758913846947e3;
  let q: f64 = z + 2.36012909523441209e1;
  q = q * z + 2.44024637934444173e2;
  q = q * z + 1.28261652607737228e3;
  q = q * z + 2.84423683343917062e3;
  return p / q;
}

function erfcMiddle(y: f64): f64 {
  let p: f64 = 2.15311535474403846e-8;
  p = p * y + 5.64188496988670089e-1;
  p = p * y + 8.88314979438837594;
  p = p * y + 6.61191906371416295e1;
  p = p * y + 2.98635138197400131e2;
  p = p * y + 8.81952221241769090e2;
  p = p * y + 1.71204761263407058e3;
  p = p * y + 2.05107837782607147e3;
  p = p * y + 1.23033935479799725e3;
  let q: f64 = y + 1.57449261107098347e1;
  q = q * y + 1.17693950891312499e2;
  q = q * y + 5.37181101862009858e2;
  q = q * y + 1.62138957456669019e3;
  q = q * y + 3.29079923573345963e3;
  q = q * y + 4.36261909014324716e3;
  q = q * y + 3.43936767414372164e3;
  q = q * y + 1.23033935480374942e3;
  return exp64(-y * y) * (p / q);
}

function erfcFar(y: f64): f64 {
  const z = 1 / (y * y);
  let p: f64 = 1.63153871373020978e-2;
  p = p * z + 3.05326634961232344e-1;
  p = p * z + 3.60344899949804439e-1;
  p = p * z + 1.25781726111229246e-1;
  p = p * z + 1.60837851487422766e-2;
  p = p * z + 6.58749161529837803e-4;
  let q: f64 = z + 2.56852019228982242;
  q = q * z + 1.87295284992346725;
  q = q * z + 5.27905102951428412e-1;
  q = q * z + 6.05183413124413191e-2;
  q = q * z + 2.33520497626869185e-3;
  const oneOverRootOfPi = 5.6418958354775628695e-1;
  return (exp64(-y * y) / y) * (oneOverRootOfPi - z * (p / q));
}

/** π/2 in two parts; the high one has 20 trailing zero bits, so that n * halfPiHigh is exact for |n| < 2^20. */
const halfPiHigh: f64 = 1.57079632673412561417;
const halfPiLow: f64 = 6.07710050650619224932e-11;
const twoOverPi: f64 = 0.6366197723675814;

/**
 * sin(x + quarters π/2): quarters = 1 gives the cosine. Method: x = n π/2 + r with |r| <= π/4, Taylor polynomial of degree
 * 15 or 16 (remainder below 5e-17). Range: |x| < 2^20. Error: below 1e-15.
 */
export function sine64(x: f64, quarters: i32): f64 {
  const n = nearest<f64>(x * twoOverPi);
  const r = x - n * halfPiHigh - n * halfPiLow;
  const quadrant = <i32>n + quarters;
  const value = (quadrant & 1) == 0 ? sineNearZero(r) : cosineNearZero(r);
  return (quadrant & 2) == 0 ? value : -value;
}

function sineNearZero(r: f64): f64 {
  const z = r * r;
  let p: f64 = -1.0 / 1307674368000.0;
  p = p * z + 1.0 / 6227020800.0;
  p = p * z - 1.0 / 39916800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z - 1.0 / 5040.0;
  p = p * z + 1.0 / 120.0;
  p = p * z - 1.0 / 6.0;
  return r + r * z * p;
}

function cosineNearZero(r: f64): f64 {
  const z = r * r;
  let p: f64 = 1.0 / 20922789888000.0;
  p = p * z - 1.0 / 87178291200.0;
  p = p * z + 1.0 / 479001600.0;
  p = p * z - 1.0 / 3628800.0;
  p = p * z + 1.0 / 40320.0;
  p = p * z - 1.0 / 720.0;
  p = p * z + 1.0 / 24.0;
  p = p * z - 0.5;
  return 1 + z * p;
}
