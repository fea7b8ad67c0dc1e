// Activations whose gradients are computed from their input. Element by element, with the same bits in both profiles; a
// gradient may be written over the output's.

import { exp64, log64, sigmoid64 } from './internal/functions';

/** output = input σ(input): SiLU, or swish (D. Hendrycks, K. Gimpel, 2016; P. Ramachandran et al., 2017). */
export function silu(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    const x = <f64>load<f32>(input);
    store<f32>(output, <f32>(x * sigmoid64(x)));
  }
}

/** inputGradient = outputGradient * the slope of `silu` at the input. */
export function siluGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    const x = <f64>load<f32>(input);
    const s = sigmoid64(x);
    store<f32>(inputGradient, <f32>(<f64>load<f32>(outputGradient) * (s + x * (s * (1 - s)))));
  }
}

/** ln(1 + e^−|x|); where that is nearly e^−|x|, by the first terms of its series, for 1 + e^−|x| would lose it. */
function softplusOfNegative(x: f64): f64 {
  const e = exp64(-abs<f64>(x));
  return e < 1e-5 ? e * (1 - e * (0.5 - e / 3)) : log64(1 + e);
}

/** output = ln(1 + e^input). */
export function softplus(output: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, output += 4) {
    const x = <f64>load<f32>(input);
    store<f32>(output, <f32>(max<f64>(x, 0) + softplusOfNegative(x)));
  }
}

/** inputGradient = outputGradient * σ(input). */
export function softplusGradient(inputGradient: usize, outputGradient: usize, input: usize, elements: i32): void {
  for (const end = input + (<usize>elements << 2); input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    store<f32>(inputGradient, <f32>(<f64>load<f32>(outputGradient) * sigmoid64(<f64>load<f32>(input))));
  }
}

/** output = input where that is not negative, else slope * input. */
export function leakyRelu(output: usize, input: usize, elements: i32, slope: f32): void {
  const end = input + (<usize>elements << 2);
  const slopes = f32x4.splat(slope), zero = f32x4.splat(0);
  for (; input + 16 <= end; input += 16, output += 16) {
    const x = v128.load(input);
    v128.store(output, v128.bitselect(f32x4.mul(slopes, x), x, f32x4.lt(x, zero)));
  }
  for (; input < end; input += 4, output += 4) {
    const x = load<f32>(input);
    store<f32>(output, x < 0 ? slope * x : x);
  }
}

/** inputGradient = outputGradient where the input is positive, else slope * outputGradient. */
export function leakyReluGradient(
  inputGradient: usize, outputGradient: usize, input: usize, elements: i32, slope: f32,
): void {
  const end = input + (<usize>elements << 2);
  const slopes = f32x4.splat(slope), zero = f32x4.splat(0);
  for (; input + 16 <= end; input += 16, inputGradient += 16, outputGradient += 16) {
    const g = v128.load(outputGradient);
    v128.store(inputGradient, v128.bitselect(g, f32x4.mul(slopes, g), f32x4.gt(v128.load(input), zero)));
  }
  for (; input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    const g = load<f32>(outputGradient);
    store<f32>(inputGradient, load<f32>(input) > 0 ? g : slope * g);
  }
}

/** output = input, but no less than low and no more than high. */
export function clip(output: usize, input: usize, elements: i32, low: f32, high: f32): void {
  const end = input + (<usize>elements << 2);
  const lows = f32x4.splat(low), highs = f32x4.splat(high);
  for (; input + 16 <= end; input += 16, output += 16) {
    v128.store(output, f32x4.min(f32x4.max(v128.load(input), lows), highs));
  }
  for (; input < end; input += 4, output += 4) {
    store<f32>(output, min<f32>(max<f32>(load<f32>(input), low), high));
  }
}

/** inputGradient = outputGradient where the input is from low to high, else 0. */
export function clipGradient(
  inputGradient: usize, outputGradient: usize, input: usize, elements: i32, low: f32, high: f32,
): void {
  const end = input + (<usize>elements << 2);
  const lows = f32x4.splat(low), highs = f32x4.splat(high);
  for (; input + 16 <= end; input += 16, inputGradient += 16, outputGradient += 16) {
    const x = v128.load(input);
    const inside = v128.and(f32x4.ge(x, lows), f32x4.le(x, highs));
    v128.store(inputGradient, v128.and(v128.load(outputGradient), inside));
  }
  for (; input < end; input += 4, inputGradient += 4, outputGradient += 4) {
    const x = load<f32>(input);
    store<f32>(inputGradient, x >= low && x <= high ? load<f32>(outputGradient) : 0);
  }
}
