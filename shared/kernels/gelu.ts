// GELU (D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016, section 2), y = x Φ(x) with the normal distribution Φ, in
// f64 and rounded once; and its tanh form, y = ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), written as y = x σ(2u), which
// is the same and does not cancel where tanh u is near −1. That form is in four lanes of f32, for a transformer spends much of
// its time here: relative error 3e-7, and where y is small |2u| * 2e-7.

import { erfc64, exp64 } from './internal/functions';
import { expLanes, storeLanes } from './internal/lanes';

/** 2 √(2/π), and that times 0.044715: 2u = x (linear + cubic x²). */
const linear: f32 = 1.5957691;
const cubic: f32 = 0.071354816;

/** Where σ(2u) is 0 or 1 already; a larger square would only overflow. */
const largestSquare: f32 = 1e4;

// @ts-ignore: decorator
@inline
function squareOf(x: v128): v128 {
  return f32x4.pmin(f32x4.mul(x, x), f32x4.splat(largestSquare));
}

/** output = ½ input (1 + tanh(√(2/π) (input + 0.044715 input³))), element by element. */
export function gelu(output: usize, input: usize, elements: i32): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0);
  for (; elements > 0; elements -= 4, input += 16, output += 16) {
    const x = v128.load(input);
    const z = f32x4.mul(x, f32x4.add(f32x4.splat(linear), f32x4.mul(f32x4.splat(cubic), squareOf(x))));
    const e = expLanes(f32x4.neg(f32x4.abs(z)));
    const numerator = v128.bitselect(e, one, f32x4.lt(z, zero));
    storeLanes(output, f32x4.mul(x, f32x4.div(numerator, f32x4.add(one, e))), elements);
  }
}

/** inputGradient = outputGradient * the slope of `gelu` at the input; it may be written over outputGradient. */
export function geluGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0), three = f32x4.splat(3);
  for (; elements > 0; elements -= 4, input += 16, inputGradient += 16, outputGradient += 16) {
    const x = v128.load(input);
    const rest = f32x4.mul(f32x4.splat(cubic), squareOf(x));
    const z = f32x4.mul(x, f32x4.add(f32x4.splat(linear), rest));
    const e = expLanes(f32x4.neg(f32x4.abs(z)));
    // σ, and its slope e / (1 + e)² times that of 2u.
    const inverse = f32x4.div(one, f32x4.add(one, e));
    const sigmoid = f32x4.mul(v128.bitselect(e, one, f32x4.lt(z, zero)), inverse);
    const bend = f32x4.mul(f32x4.mul(e, inverse), inverse);
    const inner = f32x4.mul(x, f32x4.add(f32x4.splat(linear), f32x4.mul(three, rest)));
    const slope = f32x4.add(sigmoid, f32x4.mul(bend, inner));
    storeLanes(inputGradient, f32x4.mul(v128.load(outputGradient), slope), elements);
  }
}

const rootOfHalf: f64 = 0.7071067811865476;
const oneOverRootOfTwoPi: f64 = 0.3989422804014327;

/** output = ½ input erfc(−input / √2), element by element. */
export function geluExact(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    const x = <f64>load<f32>(input);
    store<f32>(output, <f32>(0.5 * x * erfc64(-x * rootOfHalf)));
  }
}

/** inputGradient = outputGradient * (Φ(x) + x φ(x)) at the input x; it may be written over outputGradient. */
export function geluExactGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    const x = <f64>load<f32>(input);
    const slope = 0.5 * erfc64(-x * rootOfHalf) + x * (oneOverRootOfTwoPi * exp64(-0.5 * x * x));
    store<f32>(inputGradient, <f32>(<f64>load<f32>(outputGradient) * slope));
  }
}
