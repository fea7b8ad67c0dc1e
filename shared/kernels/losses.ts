// Losses and metrics. Sums over rows and over columns run upwards from 0, in f64; a loss or metric is written as one f64 at
// `sum` (8-byte aligned).

import { exp64Lanes, loadPair, storePair } from './internal/double_lanes';
import { log64 } from './internal/functions';
import { laneMaximum } from './internal/lanes';
import { OptionalPointer } from './internal/pointer';

function largest(row: usize, columns: i32): f32 {
  const end = row + (<usize>columns << 2);
  let best = load<f32>(row);
  if (columns >= 4) {
    let lanes = v128.load(row);
    for (row += 16; row + 16 <= end; row += 16) lanes = f32x4.max(lanes, v128.load(row));
    best = laneMaximum(lanes);
  }
  for (; row < end; row += 4) best = max(best, load<f32>(row));
  return best;
}

/** Writes exp(x − max) of a row as f32 (where `output` is not 0) and returns their sum. */
function exponentials(output: usize, row: usize, columns: i32, highest: f32): f64 {
  const maxima = f64x2.splat(<f64>highest);
  const bytes = <usize>columns << 2;
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 8) {
    const isWhole = at + 8 <= bytes;
    const pair = exp64Lanes(f64x2.sub(loadPair(row + at), maxima));
    sum += f64x2.extract_lane(pair, 0);
    if (isWhole) sum += f64x2.extract_lane(pair, 1);
    if (output != 0) storePair(output + at, pair, isWhole);
  }
  return sum;
}

function divideRow(row: usize, columns: i32, sum: f64): void {
  const sums = f64x2.splat(sum);
  const end = row + (<usize>columns << 2);
  for (; row < end; row += 8) storePair(row, f64x2.div(loadPair(row), sums), row + 8 <= end);
}

/** Softmax of each row. */
export function softmax(output: usize, logits: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  for (let row = 0; row < rows; row++, output += stride, logits += stride) {
    divideRow(output, columns, exponentials(output, logits, columns, largest(logits, columns)));
  }
}

/** 1 over the number of labels that are not ignored; 0 if all are. */
function weightOf(labels: usize, count: i32, ignored: i32): f64 {
  let counted = 0;
  for (const end = labels + (<usize>count << 2); labels < end; labels += 4) counted += i32(load<i32>(labels) != ignored);
  return counted == 0 ? 0 : 1 / <f64>counted;
}

/** Σ (x − max) of a row. */
function sumBelow(row: usize, columns: i32, highest: f32): f64 {
  let sum: f64 = 0;
  for (const end = row + (<usize>columns << 2); row < end; row += 4) sum += <f64>load<f32>(row) - <f64>highest;
  return sum;
}

/** row = (row − share) * weight. */
function weighRow(row: usize, columns: i32, share: f32, weight: f32): void {
  const shares = f32x4.splat(share), weights = f32x4.splat(weight);
  const end = row + (<usize>columns << 2);
  for (; row + 16 <= end; row += 16) v128.store(row, f32x4.mul(f32x4.sub(v128.load(row), shares), weights));
  for (; row < end; row += 4) store<f32>(row, (load<f32>(row) - share) * weight);
}

/**
 * sum = Σ rows −Σ target * log softmax(logits); gradient = softmax(logits) − target, where target is 1 − smoothing at the
 * label, and smoothing / columns everywhere besides. Labels are i32; rows whose label is `ignored` count nothing. `group`
 * rows at a time (0: all alike) are weighted by 1 over how many of them count: the mean over a sample's positions.
 */
export function softmaxCrossEntropy(
  sum: usize, gradient: OptionalPointer, logits: usize, labels: usize, rows: i32, columns: i32, group: i32,
  ignored: i32, smoothing: f64,
): void {
  const stride = <usize>columns << 2;
  const share = smoothing / <f64>columns;
  let total: f64 = 0;
  let weight: f64 = 1;
  for (let row = 0; row < rows; row++, logits += stride, labels += 4) {
    if (group != 0 && row % group == 0) weight = weightOf(labels, group, ignored);
    const label = load<i32>(labels);
    if (label == ignored) {
      if (gradient == 0) continue;
      memory.fill(gradient, 0, stride);
      gradient += stride;
      continue;
    }
    const highest = largest(logits, columns);
    // Read before the gradient is written, which may stand in the logits' place.
    const at = <usize>label << 2;
    const labelLogit = load<f32>(logits + at);
    const below = smoothing == 0 ? 0 : share * sumBelow(logits, columns, highest);
    const exponentialSum = exponentials(gradient, logits, columns, highest);
    total += weight * (log64(exponentialSum) - (1 - smoothing) * (<f64>labelLogit - <f64>highest) - below);
    if (gradient == 0) continue;
    divideRow(gradient, columns, exponentialSum);
    store<f32>(gradient + at, load<f32>(gradient + at) - <f32>(1 - smoothing));
    if (share != 0 || weight != 1) weighRow(gradient, columns, <f32>share, <f32>weight);
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

/**
 * sum = number of rows whose largest element (the first of equals) stands at the label; ignored and weighted as by
 * softmaxCrossEntropy.
 */
export function accuracy(
  sum: usize, logits: usize, labels: usize, rows: i32, columns: i32, group: i32, ignored: i32,
): void {
  let right: f64 = 0;
  let weight: f64 = 1;
  for (let row = 0; row < rows; row++, labels += 4, logits += <usize>columns << 2) {
    if (group != 0 && row % group == 0) weight = weightOf(labels, group, ignored);
    const label = load<i32>(labels);
    if (label == ignored) continue;
    let best = 0;
    for (let column = 1; column < columns; column++) {
      if (load<f32>(logits + (<usize>column << 2)) > load<f32>(logits + (<usize>best << 2))) best = column;
    }
    if (best == label) right += weight;
  }
  store<f64>(sum, right);
}

/**
 * sum = number of rows in which fewer than `most` elements come before that at the label: larger ones, and equal ones in
 * front of it; ignored and weighted as by softmaxCrossEntropy.
 */
export function topAccuracy(
  sum: usize, logits: usize, labels: usize, rows: i32, columns: i32, most: i32, group: i32, ignored: i32,
): void {
  let right: f64 = 0;
  let weight: f64 = 1;
  for (let row = 0; row < rows; row++, labels += 4, logits += <usize>columns << 2) {
    if (group != 0 && row % group == 0) weight = weightOf(labels, group, ignored);
    const label = load<i32>(labels);
    if (label == ignored) continue;
    const own = load<f32>(logits + (<usize>label << 2));
    let before = 0;
    for (let column = 0; column < columns; column++) {
      const other = load<f32>(logits + (<usize>column << 2));
      before += i32(other > own || (other == own && column < label));
    }
    if (before < most) right += weight;
  }
  store<f64>(sum, right);
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
