// Random numbers by counter: Philox with key = seed and counter = (element / 4, index, purpose, 0).

import { normalOf } from './internal/normal';
import { block, philox } from './internal/philox';

/** The 32-bit word of an element; a new block every four. */
function word(element: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32): u32 {
  if ((element & 3) == 0) philox(seedLow, seedHigh, <u32>element >> 2, index, purpose, 0);
  return load<u32>(block + (<usize>(element & 3) << 2));
}

/** Uniform in [low, high). Seed is a non-negative integer below 2^53, given as two u32 halves. */
export function fillUniform(
  output: usize, elements: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32, low: f32, high: f32,
): void {
  for (let element = 0; element < elements; element++, output += 4) {
    // 24 bits: every f32 multiple of 2^-24 below 1, so that rounding never reaches 1.
    const unit = <f32>(word(element, seedLow, seedHigh, purpose, index) >> 8) * <f32>5.9604644775390625e-8;
    const x = low + (high - low) * unit;
    // The sum may round up to `high`, which is outside.
    store<f32>(output, x < high ? x : low);
  }
}

/** Normal with mean 0 and the given standard deviation, by the inverse normal distribution function. */
export function fillNormal(
  output: usize, elements: i32, seedLow: u32, seedHigh: u32, purpose: u32, index: u32, standardDeviation: f32,
): void {
  for (let element = 0; element < elements; element++, output += 4) {
    store<f32>(output, <f32>(normalOf(word(element, seedLow, seedHigh, purpose, index)) * <f64>standardDeviation));
  }
}
