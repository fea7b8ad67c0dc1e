// Losses and metrics of numbers and of several labels at once. Each is a sum over elements, upwards from 0 in f64, times a
// factor, written as one f64 at `sum` (8-byte aligned); where there is a gradient, it is that of this sum.

import { exp64, log64, sigmoid64 } from './internal/functions';
import { OptionalPointer } from './internal/pointer';

/** sum = factor * Σ (output − target)²; gradient = 2 factor (output − target). */
export function squaredErrors(
  sum: usize, gradient: OptionalPointer, output: usize, target: usize, elements: i32, factor: f64,
): void {
  let total: f64 = 0;
  for (let at: usize = 0; at < <usize>elements << 2; at += 4) {
    const error = <f64>load<f32>(output + at) - <f64>load<f32>(target + at);
    total += error * error;
    if (gradient != 0) store<f32>(gradient + at, <f32>(2 * factor * error));
  }
  store<f64>(sum, factor * total);
}

/**
 * sum = factor * Σ h(output − target), where h(e) = ½ e² up to |e| = delta, and delta (|e| − ½ delta) beyond (P. Huber,
 * "Robust estimation of a location parameter", 1964); gradient = factor * e, held within ± factor * delta.
 */
export function huber(
  sum: usize, gradient: OptionalPointer, output: usize, target: usize, elements: i32, delta: f64, factor: f64,
): void {
  let total: f64 = 0;
  for (let at: usize = 0; at < <usize>elements << 2; at += 4) {
    const error = <f64>load<f32>(output + at) - <f64>load<f32>(target + at);
    const size = abs<f64>(error);
    total += size <= delta ? 0.5 * error * error : delta * (size - 0.5 * delta);
    if (gradient == 0) continue;
    // A NaN is handed on.
    const slope = size > delta ? (error > 0 ? delta : -delta) : error;
    store<f32>(gradient + at, <f32>(factor * slope));
  }
  store<f64>(sum, factor * total);
}

/** ln(1 + e^−x) for x of at least 0; where that is nearly e^−x, by the first terms of its series. */
function softplusOfMinus(x: f64): f64 {
  const e = exp64(-x);
  return e < 1e-5 ? e * (1 - e * (0.5 - e / 3)) : log64(1 + e);
}

/**
 * sum = factor * Σ −(t ln σ(z) + (1 − t) ln(1 − σ(z))) of logits z and targets t from 0 to 1, computed as max(z, 0) − z t +
 * ln(1 + e^−|z|), which cannot overflow; gradient = factor (σ(z) − t).
 */
export function binaryCrossEntropy(
  sum: usize, gradient: OptionalPointer, logits: usize, target: usize, elements: i32, factor: f64,
): void {
  let total: f64 = 0;
  for (let at: usize = 0; at < <usize>elements << 2; at += 4) {
    const z = <f64>load<f32>(logits + at);
    const t = <f64>load<f32>(target + at);
    total += max<f64>(z, 0) - z * t + softplusOfMinus(abs<f64>(z));
    if (gradient != 0) store<f32>(gradient + at, <f32>(factor * (sigmoid64(z) - t)));
  }
  store<f64>(sum, factor * total);
}

/** sum = factor * Σ |output − target|. */
export function absoluteErrors(sum: usize, output: usize, target: usize, elements: i32, factor: f64): void {
  let total: f64 = 0;
  for (let at: usize = 0; at < <usize>elements << 2; at += 4) {
    total += abs<f64>(<f64>load<f32>(output + at) - <f64>load<f32>(target + at));
  }
  store<f64>(sum, factor * total);
}

/** sum = factor * number of elements where a logit above 0 meets a target above ½, or one that is not, one that is not. */
export function binaryAccuracy(sum: usize, logits: usize, target: usize, elements: i32, factor: f64): void {
  let right = 0;
  for (let at: usize = 0; at < <usize>elements << 2; at += 4) {
    right += i32(load<f32>(logits + at) > 0 == load<f32>(target + at) > 0.5);
  }
  store<f64>(sum, factor * <f64>right);
}
