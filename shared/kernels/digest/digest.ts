// The digest of an answer, with its squares on the way: one pass over a gradient in the imported memory. A binary of its
// own, without data, so that it can be joined to any memory; it writes only to the 32 bytes that it is given for that.
//
// Blocks of 1 KiB go through NH of UMAC (J. Black, S. Halevi, H. Krawczyk, T. Krovetz, P. Rogaway: UMAC: Fast and Secure
// Message Authentication, CRYPTO 1999), with words of 32 bits, paired four apart as in RFC 4418, which suits vectors. The
// halves of the blocks' sums, then of each f64 that is absorbed, are the coefficients of a polynomial at a secret point,
// modulo 2^61 − 1; a secret factor spreads its value before 53 bits of it are kept. shared/digest/answer_digest.ts states
// what that promises.
//
// A digest is one `begin`, any number of `absorb`s and one `finish`. There is one at a time.

const blockBytes: usize = 1024;
const groupBytes: usize = 32;
const pointOffset: usize = 1024;
const factorOffset: usize = 1032;
const scratchOffset: usize = 1040;
const prime: u64 = (1 << 61) - 1;
const low29: u64 = (1 << 29) - 1;
const low32: u64 = (1 << 32) - 1;
const low53: u64 = (1 << 53) - 1;

/** The secret point, in two parts. */
let pointLow: u64 = 0;
let pointHigh: u64 = 0;
let polynomial: u64 = 0;
let squares: f64 = 0;

/**
 * Begins a digest with `bytes` of f32 values, a multiple of 4. `key` are 1040 random bytes, the same until `finish`: 256
 * words for NH, then the point and the factor, 64 bits each. Behind them are 32 bytes to write to.
 */
export function begin(input: usize, bytes: usize, key: usize): void {
  const point = load<u64>(key, pointOffset) & prime;
  pointLow = point & low32;
  pointHigh = point >> 32;
  polynomial = bytes;
  squares = 0;
  const tail = bytes % groupBytes;
  const end = input + bytes - tail;
  for (; input + blockBytes <= end; input += blockBytes) joinWord(hash(input, blockBytes, key));
  if (input != end) joinWord(hash(input, end - input, key));
  if (tail == 0) return;
  const scratch = key + scratchOffset;
  memory.fill(scratch, 0, groupBytes);
  memory.copy(scratch, end, tail);
  joinWord(hash(scratch, groupBytes, key));
}

/** Takes in the bits of a number that belongs to the answer. */
export function absorb(value: f64): void {
  joinWord(reinterpret<u64>(value));
}

/** The digest, a whole number below 2^53. */
export function finish(key: usize): f64 {
  const factor = load<u64>(key, factorOffset) & prime;
  return <f64>(reduced(product(polynomial, factor & low32, factor >> 32)) & low53);
}

/** The sum of the squares of the f32 values: finite exactly if they are, for their squares are far below the largest f64. */
export function sumOfSquares(): f64 {
  return squares;
}

/** NH of whole groups of words: Σ (m[i] + k[i]) (m[i + 4] + k[i + 4]), i = 0 to 3 of each group, modulo 2^64. */
function hash(input: usize, bytes: usize, key: usize): u64 {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  let squares0 = f64x2.splat(0);
  let squares1 = f64x2.splat(0);
  for (const end = input + bytes; input != end; input += groupBytes, key += groupBytes) {
    const words0 = v128.load(input);
    const words1 = v128.load(input, 16);
    const left = i32x4.add(words0, v128.load(key));
    const right = i32x4.add(words1, v128.load(key, 16));
    low = i64x2.add(low, i64x2.extmul_low_i32x4_u(left, right));
    high = i64x2.add(high, i64x2.extmul_high_i32x4_u(left, right));
    squares0 = f64x2.add(squares0, f64x2.add(square(words0), square(v128.load64_zero(input, 8))));
    squares1 = f64x2.add(squares1, f64x2.add(square(words1), square(v128.load64_zero(input, 24))));
  }
  const sums = f64x2.add(squares0, squares1);
  squares += f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  const lanes = i64x2.add(low, high);
  return i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
}

/** Of the two low f32 lanes, in f64: f32 would overflow, and be slow where the square is subnormal. */
// @ts-ignore: decorator
@inline
function square(lanes: v128): v128 {
  const wide = f64x2.promote_low_f32x4(lanes);
  return f64x2.mul(wide, wide);
}

function joinWord(word: u64): void {
  polynomial = product(polynomial, pointLow, pointHigh) + (word >> 32);
  polynomial = product(polynomial, pointLow, pointHigh) + (word & low32);
}

/**
 * A number below 2^61 + 8 that is x * y modulo 2^61 − 1, where y = low + 2^32 high < 2^61 and x < 2^61 + 2^33. Modulo
 * that, 2^64 is 8, and 2^32 m is the bits of m from the 29th on plus 2^32 times those below; nothing here reaches 2^64.
 */
// @ts-ignore: decorator
@inline
function product(x: u64, low: u64, high: u64): u64 {
  const xLow = x & low32;
  const xHigh = x >> 32;
  const bottom = xLow * low;
  const middle = xLow * high + xHigh * low;
  const top = xHigh * high;
  const sum = (bottom & prime) + (bottom >> 61) + (middle >> 29) + ((middle & low29) << 32) + (top << 3);
  return (sum & prime) + (sum >> 61);
}

/** The remainder of x < 2^62 modulo 2^61 − 1. */
function reduced(x: u64): u64 {
  const once = (x & prime) + (x >> 61);
  return once >= prime ? once - prime : once;
}
