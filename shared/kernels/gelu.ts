// GELU (D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016, section 2), y = x Φ(x) with the normal distribution Φ;
// and its tanh form, y = ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), written as y = x σ(2u), which is the same and
// does not cancel where tanh u is near −1. In f64, element by element, rounded once to f32.

import { erfc64, exp64, sigmoid64 } from './internal/functions';

const rootOfTwoOverPi: f64 = 0.7978845608028654;
const cubic: f64 = 0.044715;

/** output = ½ input (1 + tanh(√(2/π) (input + 0.044715 input³))), element by element. */
export function gelu(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    const x = <f64>load<f32>(input);
    store<f32>(output, <f32>(x * sigmoid64(2 * rootOfTwoOverPi * (x + cubic * x * x * x))));
  }
}

/** inputGradient = outputGradient * the slope of `gelu` at the input; it may be written over outputGradient. */
export function geluGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    const x = <f64>load<f32>(input);
    const s = sigmoid64(2 * rootOfTwoOverPi * (x + cubic * x * x * x));
    const slope = s + x * (s * (1 - s)) * (2 * rootOfTwoOverPi * (1 + 3 * cubic * x * x));
    store<f32>(inputGradient, <f32>(<f64>load<f32>(outputGradient) * slope));
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
