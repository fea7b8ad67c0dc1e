// GELU (D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016, section 2), y = x Φ(x) with the normal distribution Φ, in
// f64 and rounded once; and its tanh form, y = ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), written as y = x σ(2u), which
// is the same and does not cancel where tanh u is near −1. That form is in four lanes of f32, for a transformer spends much of
// its time here: relative error 3e-7, and where y is small |2u| * 2e-7.

import { erfc64, exp64 } from './internal/functions';
import { blockElements, expBlock, storeLanes } from './internal/lanes';

/** Loaded where they are needed, as in lanes.ts: 2 √(2/π), that times 0.044715, the largest square, 1, 3 and a sign. */
const numbers: usize = memory.data<f32>([1.5957691, 0.071354816, 1e4, 1, 3, -0.0], 16);

// @ts-ignore: decorator
@inline
function number(index: usize): v128 {
  return v128.load32_splat(numbers + (index << 2));
}

/** 0.071354816 x². Beyond a square of 1e4, where σ(2u) is 0 or 1 already, it would only overflow. */
// @ts-ignore: decorator
@inline
function bendOf(x: v128): v128 {
  return f32x4.mul(number(1), f32x4.pmin(f32x4.mul(x, x), number(2)));
}

/** e^−|z| of a block of elements. */
const exponentials: usize = memory.data(256 * 4, 16);

/** Leaves e^−|z| of up to a block of elements in `exponentials`. */
function exponentialsOf(input: usize, elements: i32): void {
  const bytes = <usize>elements << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(input + at);
    const z = f32x4.mul(x, f32x4.add(number(0), bendOf(x)));
    v128.store(exponentials + at, v128.or(z, number(5)));
  }
  expBlock(exponentials, elements);
}

/** σ(z) times 1 + e, of which e / (1 + e) is what does not cancel where z, like x, is negative: its sign bit set. */
// @ts-ignore: decorator
@inline
function numeratorOf(x: v128, e: v128): v128 {
  return v128.bitselect(e, number(3), i32x4.shr_s(x, 31));
}

/** output = ½ input (1 + tanh(√(2/π) (input + 0.044715 input³))), element by element. */
export function gelu(output: usize, input: usize, elements: i32): void {
  for (; elements > 0; elements -= blockElements) {
    const block = min(elements, blockElements);
    exponentialsOf(input, block);
    for (let left = block, at: usize = 0; left > 0; left -= 4, at += 16, input += 16, output += 16) {
      const x = v128.load(input), e = v128.load(exponentials + at);
      const sigmoid = f32x4.div(numeratorOf(x, e), f32x4.add(number(3), e));
      storeLanes(output, f32x4.mul(x, sigmoid), left);
    }
  }
}

/** inputGradient = outputGradient * the slope of `gelu` at the input; it may be written over outputGradient. */
export function geluGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  for (; elements > 0; elements -= blockElements) {
    const block = min(elements, blockElements);
    exponentialsOf(input, block);
    for (let left = block, at: usize = 0; left > 0; left -= 4, at += 16) {
      const x = v128.load(input), e = v128.load(exponentials + at);
      const one = number(3);
      // σ(z), and its slope e / (1 + e)² times that of z.
      const inverse = f32x4.div(one, f32x4.add(one, e));
      const sigmoid = f32x4.mul(numeratorOf(x, e), inverse);
      const inner = f32x4.mul(x, f32x4.add(number(0), f32x4.mul(number(4), bendOf(x))));
      const slope = f32x4.add(sigmoid, f32x4.mul(f32x4.mul(f32x4.mul(e, inverse), inverse), inner));
      storeLanes(inputGradient, f32x4.mul(v128.load(outputGradient), slope), left);
      input += 16;
      inputGradient += 16;
      outputGradient += 16;
    }
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
