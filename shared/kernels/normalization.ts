// Normalization of rows: layer norm (J. Ba, J. Kiros, G. Hinton, "Layer normalization", 2016) and RMS norm (B. Zhang,
// R. Sennrich, "Root mean square layer normalization", NeurIPS 2019). Sums along a row run upwards from 0, in f64; what is
// stored is rounded once to f32. The same bits in both profiles.

import { OptionalPointer } from './internal/pointer';

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
  for (let row = 0; row < rows; row++, factors += 4) {
    let mean: f64 = 0;
    if (centred) {
      for (let at: usize = 0; at < bytes; at += 4) mean += <f64>load<f32>(input + at);
      mean /= count;
    }
    let squares: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const difference = <f64>load<f32>(input + at) - mean;
      squares += difference * difference;
    }
    const factor = 1 / sqrt<f64>(squares / count + epsilon);
    store<f32>(factors, <f32>factor);
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = <f32>((<f64>load<f32>(input + at) - mean) * factor);
      store<f32>(normalized + at, value);
      const scaled = value * load<f32>(gain + at);
      store<f32>(output + at, bias == 0 ? scaled : scaled + load<f32>(bias + at));
    }
    input += bytes;
    normalized += bytes;
    output += bytes;
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
  for (let row = 0; row < rows; row++, factors += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const d = <f64>load<f32>(outputGradient + at) * <f64>load<f32>(gain + at);
      sum += d;
      product += d * <f64>load<f32>(normalized + at);
    }
    const mean = centred ? sum / count : 0;
    const projected = product / count;
    const factor = <f64>load<f32>(factors);
    for (let at: usize = 0; at < bytes; at += 4) {
      const d = <f64>load<f32>(outputGradient + at) * <f64>load<f32>(gain + at);
      store<f32>(inputGradient + at, <f32>(factor * (d - mean - <f64>load<f32>(normalized + at) * projected)));
    }
    inputGradient += bytes;
    outputGradient += bytes;
    normalized += bytes;
  }
}

/** sums[column] = Σ over rows of left * right, from row 0 upwards, in each column alone. */
export function sumRowProducts(sums: usize, left: usize, right: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let x = left + (<usize>column << 2), y = right + (<usize>column << 2);
    let sum = f32x4.splat(0);
    for (let row = 0; row < rows; row++, x += stride, y += stride)
      sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(y)));
    v128.store(sums + (<usize>column << 2), sum);
  }
  for (; column < columns; column++) {
    let x = left + (<usize>column << 2), y = right + (<usize>column << 2);
    let sum: f32 = 0;
    for (let row = 0; row < rows; row++, x += stride, y += stride) sum += load<f32>(x) * load<f32>(y);
    store<f32>(sums + (<usize>column << 2), sum);
  }
}
