// Losses and metrics. Sums over rows and over columns run upwards from 0, in f64; a loss or metric is written as one f64 at
// `sum` (8-byte aligned).

import { exp64, log64 } from './internal/functions';
import { OptionalPointer } from './internal/pointer';

function largest(row: usize, columns: i32): f32 {
  let best = load<f32>(row);
  for (let column = 1; column < columns; column++) best = max(best, load<f32>(row + (<usize>column << 2)));
  return best;
}

/** Writes exp(x − max) of a row as f32 (where `output` is not 0) and returns their sum. */
function exponentials(output: usize, row: usize, columns: i32, highest: f32): f64 {
  let sum: f64 = 0;
  for (let column = 0; column < columns; column++) {
    const at = <usize>column << 2;
    const exponential = exp64(<f64>load<f32>(row + at) - <f64>highest);
    sum += exponential;
    if (output != 0) store<f32>(output + at, <f32>exponential);
  }
  return sum;
}

function divideRow(row: usize, columns: i32, sum: f64): void {
  for (const end = row + (<usize>columns << 2); row < end; row += 4) store<f32>(row, <f32>(<f64>load<f32>(row) / sum));
}

/** Softmax of each row. */
export function softmax(output: usize, logits: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  for (let row = 0; row < rows; row++, output += stride, logits += stride) {
    divideRow(output, columns, exponentials(output, logits, columns, largest(logits, columns)));
  }
}

/** sum = Σ rows −log softmax(logits)[label]; gradient = softmax(logits) − onehot(label). Labels are i32. */
export function softmaxCrossEntropy(
  sum: usize, gradient: OptionalPointer, logits: usize, labels: usize, rows: i32, columns: i32,
): void {
  const stride = <usize>columns << 2;
  let total: f64 = 0;
  for (let row = 0; row < rows; row++, logits += stride, labels += 4) {
    const highest = largest(logits, columns);
    // Read before the gradient is written, which may stand in the logits' place.
    const label = <usize>load<i32>(labels) << 2;
    const labelLogit = load<f32>(logits + label);
    const exponentialSum = exponentials(gradient, logits, columns, highest);
    total += log64(exponentialSum) - (<f64>labelLogit - <f64>highest);
    if (gradient == 0) continue;
    divideRow(gradient, columns, exponentialSum);
    store<f32>(gradient + label, load<f32>(gradient + label) - 1);
    gradient += stride;
  }
  store<f64>(sum, total);
}

/** sum = ½ Σ (output − target)²; gradient = output − target. */
export function sumOfSquaredErrors(
  sum: usize, gradient: OptionalPointer, output: usize, target: usize, elements: i32,
): void {
  let total: f64 = 0;
  for (let index: usize = 0; index < <usize>elements << 2; index += 4) {
    const error = load<f32>(output + index) - load<f32>(target + index);
    total += <f64>error * <f64>error;
    if (gradient != 0) store<f32>(gradient + index, error);
  }
  store<f64>(sum, total * 0.5);
}

/** sum = number of rows whose largest element (the first of equals) stands at the label. */
export function accuracy(sum: usize, logits: usize, labels: usize, rows: i32, columns: i32): void {
  let right = 0;
  for (let row = 0; row < rows; row++, labels += 4) {
    let best = 0;
    for (let column = 1; column < columns; column++) {
      if (load<f32>(logits + (<usize>column << 2)) > load<f32>(logits + (<usize>best << 2))) best = column;
    }
    right += i32(best == load<i32>(labels));
    logits += <usize>columns << 2;
  }
  store<f64>(sum, <f64>right);
}

/** output[row, :] = 1 at the label, 0 elsewhere. */
export function oneHot(output: usize, labels: usize, rows: i32, columns: i32): void {
  memory.fill(output, 0, <usize>(rows * columns) << 2);
  for (let row = 0; row < rows; row++, labels += 4) {
    store<f32>(output + (<usize>(row * columns + load<i32>(labels)) << 2), 1);
  }
}

/** labels (i32) = bytes (u8); the bytes' pointer needs no alignment. */
export function widenLabels(labels: usize, bytes: usize, elements: i32): void {
  for (const end = bytes + <usize>elements; bytes < end; bytes += 1, labels += 4) store<i32>(labels, load<u8>(bytes));
}
