// Normalization of rows: layer norm (J. Ba, J. Kiros, G. Hinton, "Layer normalization", 2016) and RMS norm (B. Zhang,
// R. Sennrich, "Root mean square layer normalization", NeurIPS 2019). Sums along a row run upwards from 0, in f64; what is
// stored is rounded once to f32. The same bits in both profiles.
//
// An addition waits for the one before it, so the sums of several rows run side by side.

import { loadPair, storePairs } from './internal/double_lanes';
import { OptionalPointer } from './internal/pointer';

/** Rows whose sums run side by side. */
const group: i32 = 4;

/** Their sums, or means, and beside them a second sum of each. */
const sums: usize = memory.data(8 * 8, 16);
const otherSums: usize = sums + 32;

/**
 * normalized = (x − mean) * r with r = 1 / √(variance + epsilon) of each row; where it is not centred, x / √(mean square +
 * epsilon). output = normalized * gain + bias. r is left as one f32 for each row in `factors`.
 */
export function normalizeRows(
  output: usize, normalized: usize, factors: usize, input: usize, gain: usize, bias: OptionalPointer, rows: i32,
  columns: i32, epsilon: f64, centred: i32,
): void {
  const bytes = <usize>columns << 2;
  const count = <f64>columns;
  for (let row = 0; row < rows; row += group) {
    const together = min(group, rows - row);
    if (centred) sumRowsTogether(input, bytes, together);
    for (let at: usize = 0; at < 32; at += 8) store<f64>(sums + at, centred ? load<f64>(sums + at) / count : 0);
    sumSquaresTogether(input, bytes, together);
    for (let index: usize = 0; index < <usize>together; index++, factors += 4) {
      const factor = 1 / sqrt<f64>(load<f64>(otherSums + (index << 3)) / count + epsilon);
      store<f32>(factors, <f32>factor);
      normalizeRow(output, normalized, input, gain, bias, bytes, load<f64>(sums + (index << 3)), factor);
      input += bytes;
      normalized += bytes;
      output += bytes;
    }
  }
}

/** Where a row of the group stands; behind the last one, where that stands. */
// @ts-ignore: decorator
@inline
function rowOf(first: usize, bytes: usize, index: i32, together: i32): usize {
  return first + <usize>min(index, together - 1) * bytes;
}

function sumRowsTogether(first: usize, bytes: usize, together: i32): void {
  const x1 = rowOf(first, bytes, 1, together), x2 = rowOf(first, bytes, 2, together), x3 = rowOf(first, bytes, 3, together);
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    s0 += <f64>load<f32>(first + at);
    s1 += <f64>load<f32>(x1 + at);
    s2 += <f64>load<f32>(x2 + at);
    s3 += <f64>load<f32>(x3 + at);
  }
  storeFour(sums, s0, s1, s2, s3);
}

/** otherSums = Σ (x − mean)², the means in `sums`. */
function sumSquaresTogether(first: usize, bytes: usize, together: i32): void {
  const x1 = rowOf(first, bytes, 1, together), x2 = rowOf(first, bytes, 2, together), x3 = rowOf(first, bytes, 3, together);
  const m0 = load<f64>(sums), m1 = load<f64>(sums, 8), m2 = load<f64>(sums, 16), m3 = load<f64>(sums, 24);
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    s0 += square(<f64>load<f32>(first + at) - m0);
    s1 += square(<f64>load<f32>(x1 + at) - m1);
    s2 += square(<f64>load<f32>(x2 + at) - m2);
    s3 += square(<f64>load<f32>(x3 + at) - m3);
  }
  storeFour(otherSums, s0, s1, s2, s3);
}

// @ts-ignore: decorator
@inline
function square(x: f64): f64 {
  return x * x;
}

// @ts-ignore: decorator
@inline
function storeFour(to: usize, s0: f64, s1: f64, s2: f64, s3: f64): void {
  store<f64>(to, s0);
  store<f64>(to, s1, 8);
  store<f64>(to, s2, 16);
  store<f64>(to, s3, 24);
}

function normalizeRow(
  output: usize, normalized: usize, input: usize, gain: usize, bias: usize, bytes: usize, mean: f64, factor: f64,
): void {
  const means = f64x2.splat(mean), factors = f64x2.splat(factor);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const low = f64x2.mul(f64x2.sub(loadPair(input + at), means), factors);
    const high = f64x2.mul(f64x2.sub(loadPair(input + at + 8), means), factors);
    const value = storePairs(normalized + at, low, high);
    const scaled = f32x4.mul(value, v128.load(gain + at));
    v128.store(output + at, bias == 0 ? scaled : f32x4.add(scaled, v128.load(bias + at)));
  }
  for (; at < bytes; at += 4) {
    const value = <f32>((<f64>load<f32>(input + at) - mean) * factor);
    store<f32>(normalized + at, value);
    const scaled = value * load<f32>(gain + at);
    store<f32>(output + at, bias == 0 ? scaled : scaled + load<f32>(bias + at));
  }
}

/**
 * inputGradient = r * (d − mean of d − normalized * mean of (d * normalized)) with d = outputGradient * gain, row by row; where
 * it is not centred, without the mean of d. It may be written over outputGradient.
 */
export function normalizeRowsGradient(
  inputGradient: usize, outputGradient: usize, normalized: usize, factors: usize, gain: usize, rows: i32, columns: i32,
  centred: i32,
): void {
  const bytes = <usize>columns << 2;
  const count = <f64>columns;
  for (let row = 0; row < rows; row += group) {
    const together = min(group, rows - row);
    sumGradientsTogether(outputGradient, normalized, gain, bytes, together);
    for (let index: usize = 0; index < <usize>together; index++, factors += 4) {
      const mean = centred ? load<f64>(sums + (index << 3)) / count : 0;
      const projected = load<f64>(otherSums + (index << 3)) / count;
      rowGradient(inputGradient, outputGradient, normalized, gain, bytes, <f64>load<f32>(factors), mean, projected);
      inputGradient += bytes;
      outputGradient += bytes;
      normalized += bytes;
    }
  }
}

/** sums = Σ d and otherSums = Σ d * normalized with d = outputGradient * gain. */
function sumGradientsTogether(gradients: usize, normalized: usize, gain: usize, bytes: usize, together: i32): void {
  const g1 = rowOf(gradients, bytes, 1, together), g2 = rowOf(gradients, bytes, 2, together);
  const g3 = rowOf(gradients, bytes, 3, together);
  const n1 = rowOf(normalized, bytes, 1, together), n2 = rowOf(normalized, bytes, 2, together);
  const n3 = rowOf(normalized, bytes, 3, together);
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
  let p0: f64 = 0, p1: f64 = 0, p2: f64 = 0, p3: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const factor = <f64>load<f32>(gain + at);
    const d0 = <f64>load<f32>(gradients + at) * factor, d1 = <f64>load<f32>(g1 + at) * factor;
    const d2 = <f64>load<f32>(g2 + at) * factor, d3 = <f64>load<f32>(g3 + at) * factor;
    s0 += d0;
    s1 += d1;
    s2 += d2;
    s3 += d3;
    p0 += d0 * <f64>load<f32>(normalized + at);
    p1 += d1 * <f64>load<f32>(n1 + at);
    p2 += d2 * <f64>load<f32>(n2 + at);
    p3 += d3 * <f64>load<f32>(n3 + at);
  }
  storeFour(sums, s0, s1, s2, s3);
  storeFour(otherSums, p0, p1, p2, p3);
}

function rowGradient(
  inputGradient: usize, outputGradient: usize, normalized: usize, gain: usize, bytes: usize, factor: f64, mean: f64,
  projected: f64,
): void {
  const factors = f64x2.splat(factor), means = f64x2.splat(mean), projections = f64x2.splat(projected);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    let low = f64x2.mul(loadPair(outputGradient + at), loadPair(gain + at));
    let high = f64x2.mul(loadPair(outputGradient + at + 8), loadPair(gain + at + 8));
    low = f64x2.sub(f64x2.sub(low, means), f64x2.mul(loadPair(normalized + at), projections));
    high = f64x2.sub(f64x2.sub(high, means), f64x2.mul(loadPair(normalized + at + 8), projections));
    storePairs(inputGradient + at, f64x2.mul(factors, low), f64x2.mul(factors, high));
  }
  for (; at < bytes; at += 4) {
    const d = <f64>load<f32>(outputGradient + at) * <f64>load<f32>(gain + at);
    store<f32>(inputGradient + at, <f32>(factor * (d - mean - <f64>load<f32>(normalized + at) * projected)));
  }
}

/** sums[column] = Σ over rows of left * right, from row 0 upwards, in each column alone. */
export function sumRowProducts(sums: usize, left: usize, right: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  memory.fill(sums, 0, stride);
  for (let row = 0; row < rows; row++, left += stride, right += stride) {
    let at: usize = 0;
    for (; at + 16 <= stride; at += 16) {
      const product = f32x4.mul(v128.load(left + at), v128.load(right + at));
      v128.store(sums + at, f32x4.add(v128.load(sums + at), product));
    }
    for (; at < stride; at += 4) {
      store<f32>(sums + at, load<f32>(sums + at) + load<f32>(left + at) * load<f32>(right + at));
    }
  }
}
