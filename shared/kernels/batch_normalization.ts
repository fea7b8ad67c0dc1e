// Batch norm of matrices [rows, columns], each column alone (S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015). Sums
// along a column run upwards from row 0, in f64, where squares of f32 are exact; what is stored is rounded once to f32.
// Nothing is fused: the same bits in both profiles. A column's operations are the same in a vector's lane and alone.

import { reluEpilogue, reluLanes } from './internal/arithmetic';

// @ts-ignore: decorator
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
}

// @ts-ignore: decorator
@inline
function storeMoments(means: usize, variances: usize, sum: f64, squares: f64, count: f64): void {
  const mean = sum / count;
  store<f32>(means, <f32>mean);
  // In f64 the difference is good to 1e-16 of the mean square; it may fall below zero by as much.
  store<f32>(variances, <f32>max<f64>(squares / count - mean * mean, 0));
}

/** means[column], variances[column] = mean and mean square deviation of the column's rows. */
export function columnMoments(means: usize, variances: usize, input: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  const count = <f64>rows;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    const at = <usize>column << 2;
    let from = input + at;
    let sumLow = f64x2.splat(0), sumHigh = f64x2.splat(0), squaresLow = f64x2.splat(0), squaresHigh = f64x2.splat(0);
    for (let row = 0; row < rows; row++, from += stride) {
      const x = v128.load(from);
      const xLow = low(x), xHigh = high(x);
      sumLow = f64x2.add(sumLow, xLow);
      sumHigh = f64x2.add(sumHigh, xHigh);
      squaresLow = f64x2.add(squaresLow, f64x2.mul(xLow, xLow));
      squaresHigh = f64x2.add(squaresHigh, f64x2.mul(xHigh, xHigh));
    }
    const mean = means + at, variance = variances + at;
    storeMoments(mean, variance, f64x2.extract_lane(sumLow, 0), f64x2.extract_lane(squaresLow, 0), count);
    storeMoments(mean + 4, variance + 4, f64x2.extract_lane(sumLow, 1), f64x2.extract_lane(squaresLow, 1), count);
    storeMoments(mean + 8, variance + 8, f64x2.extract_lane(sumHigh, 0), f64x2.extract_lane(squaresHigh, 0), count);
    storeMoments(mean + 12, variance + 12, f64x2.extract_lane(sumHigh, 1), f64x2.extract_lane(squaresHigh, 1), count);
  }
  for (; column < columns; column++) {
    const at = <usize>column << 2;
    let from = input + at;
    let sum: f64 = 0, squares: f64 = 0;
    for (let row = 0; row < rows; row++, from += stride) {
      const x = <f64>load<f32>(from);
      sum += x;
      squares += x * x;
    }
    storeMoments(means + at, variances + at, sum, squares, count);
  }
}

/** factors[i] = 1 / √(variances[i] + epsilon). */
export function inverseDeviations(factors: usize, variances: usize, elements: i32, epsilon: f64): void {
  for (let element = 0; element < elements; element++, factors += 4, variances += 4) {
    store<f32>(factors, <f32>(1 / sqrt<f64>(<f64>load<f32>(variances) + epsilon)));
  }
}

/** output = epilogue((input − mean) * factor * gain + bias), with the four numbers of each column. */
export function normalizeColumns(
  output: usize, input: usize, means: usize, factors: usize, gain: usize, bias: usize, rows: i32, columns: i32,
  epilogue: i32,
): void {
  const bytes = <usize>columns << 2;
  const vectorBytes = bytes & ~15;
  const relu = epilogue == reluEpilogue;
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < vectorBytes; at += 16) {
      const centred = f32x4.sub(v128.load(input + at), v128.load(means + at));
      const normalized = f32x4.mul(centred, v128.load(factors + at));
      const y = f32x4.add(f32x4.mul(normalized, v128.load(gain + at)), v128.load(bias + at));
      v128.store(output + at, relu ? reluLanes(y) : y);
    }
    for (; at < bytes; at += 4) {
      const normalized = (load<f32>(input + at) - load<f32>(means + at)) * load<f32>(factors + at);
      const y = normalized * load<f32>(gain + at) + load<f32>(bias + at);
      store<f32>(output + at, relu && y < 0 ? 0 : y);
    }
    input += bytes;
    output += bytes;
  }
}

/** sums = Σ over rows of outputGradient, products = Σ of outputGradient * (input − mean) * factor: the gradients of bias and gain. */
export function columnGradientSums(
  sums: usize, products: usize, outputGradient: usize, input: usize, means: usize, factors: usize, rows: i32,
  columns: i32,
): void {
  const stride = <usize>columns << 2;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    const at = <usize>column << 2;
    let x = input + at, d = outputGradient + at;
    const mean = v128.load(means + at);
    let sumLow = f64x2.splat(0), sumHigh = f64x2.splat(0), productLow = f64x2.splat(0), productHigh = f64x2.splat(0);
    for (let row = 0; row < rows; row++, x += stride, d += stride) {
      const gradient = v128.load(d), centred = f32x4.sub(v128.load(x), mean);
      const gradientLow = low(gradient), gradientHigh = high(gradient);
      sumLow = f64x2.add(sumLow, gradientLow);
      sumHigh = f64x2.add(sumHigh, gradientHigh);
      productLow = f64x2.add(productLow, f64x2.mul(gradientLow, low(centred)));
      productHigh = f64x2.add(productHigh, f64x2.mul(gradientHigh, high(centred)));
    }
    const factor = v128.load(factors + at);
    productLow = f64x2.mul(productLow, low(factor));
    productHigh = f64x2.mul(productHigh, high(factor));
    v128.store(sums + at, narrow(sumLow, sumHigh));
    v128.store(products + at, narrow(productLow, productHigh));
  }
  for (; column < columns; column++) {
    const at = <usize>column << 2;
    let x = input + at, d = outputGradient + at;
    const mean = load<f32>(means + at);
    let sum: f64 = 0, product: f64 = 0;
    for (let row = 0; row < rows; row++, x += stride, d += stride) {
      const gradient = <f64>load<f32>(d);
      sum += gradient;
      product += gradient * <f64>(load<f32>(x) - mean);
    }
    store<f32>(sums + at, <f32>sum);
    store<f32>(products + at, <f32>(product * <f64>load<f32>(factors + at)));
  }
}

/** Four lanes of f64 to f32. */
// @ts-ignore: decorator
@inline
function narrow(x: v128, y: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(x), f32x4.demote_f64x2_zero(y), 0, 2);
}

/**
 * inputGradient = gain * factor * (d − sums / rows − normalized * products / rows) with d = outputGradient and what
 * `columnGradientSums` gives. It may be written over outputGradient. `scratch` holds two numbers of each column.
 */
export function normalizeColumnsGradient(
  inputGradient: usize, outputGradient: usize, input: usize, means: usize, factors: usize, gain: usize, sums: usize,
  products: usize, scratch: usize, rows: i32, columns: i32,
): void {
  const bytes = <usize>columns << 2;
  const vectorBytes = bytes & ~15;
  const shares = scratch, slopes = scratch + bytes;
  for (let at: usize = 0; at < bytes; at += 4) {
    const factor = <f64>load<f32>(factors + at);
    store<f32>(shares + at, <f32>(<f64>load<f32>(sums + at) / <f64>rows));
    store<f32>(slopes + at, <f32>(factor * <f64>load<f32>(products + at) / <f64>rows));
  }
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < vectorBytes; at += 16) {
      const centred = f32x4.sub(v128.load(input + at), v128.load(means + at));
      const moved = f32x4.sub(v128.load(outputGradient + at), v128.load(shares + at));
      const left = f32x4.sub(moved, f32x4.mul(centred, v128.load(slopes + at)));
      const scale = f32x4.mul(v128.load(gain + at), v128.load(factors + at));
      v128.store(inputGradient + at, f32x4.mul(left, scale));
    }
    for (; at < bytes; at += 4) {
      const centred = load<f32>(input + at) - load<f32>(means + at);
      const left = load<f32>(outputGradient + at) - load<f32>(shares + at) - centred * load<f32>(slopes + at);
      store<f32>(inputGradient + at, left * (load<f32>(gain + at) * load<f32>(factors + at)));
    }
    inputGradient += bytes;
    outputGradient += bytes;
    input += bytes;
  }
}
