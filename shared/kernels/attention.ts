// Multi-head attention: softmax(q kᵀ / √size) v for each head of each sample (A. Vaswani et al., "Attention is all you need",
// 2017, section 3.2), a head's size elements side by side in the rows of q, k and v. Several heads of q may share one of k and v
// (J. Ainslie et al., "GQA", 2023). Scores are never kept: forward leaves the largest score and the sum of exponentials of each
// row, and backward computes the scores anew (T. Dao et al., "FlashAttention", 2022, section 3.1), `blockRows` queries at a time.
//
// Every element of a product is one chain over k. Sums along a row of scores run in four lanes, key 4n + lane in each, and
// are joined at the end. What a mask excludes is 0 behind the softmax and left out of the chains but for the last four keys.

import { moveHead } from './internal/attention_heads';
import { blockElements, expBlock, laneMaximum, laneSum } from './internal/lanes';
import { OptionalPointer } from './internal/pointer';
import { oneLine } from './internal/products';
import { columnsTiles, rowsTiles } from './internal/tiles';
import { pack, packTransposed } from './matmul';

/** Queries whose scores are in scratch at once; a multiple of 8. */
const blockRows: i32 = 64;

/** Rows of a register tile. */
const tileRows: i32 = 4;

// @ts-ignore: decorator
@inline
function padded(count: i32, multiple: i32): i32 {
  return (count + multiple - 1) & -multiple;
}

/** Bytes of the scratch space that `attention` and `attentionGradient` need. */
export function attentionScratchBytes(positions: i32, size: i32): f64 {
  // Up to nine heads, as they are or packed; scores of a block and their gradients; a block of products.
  const width = (<f64>size + 8);
  return 4 * (9 * (<f64>positions + 8) * width + <f64>blockRows * (2 * (<f64>positions + 8) + width));
}

/**
 * output[position, head] = Σ keys softmax(scores)[key] * v[key]; scores = q k / √size, up to the position itself if `causal`.
 * q is [positions, heads * size] for each sample, k and v [positions, keyValueHeads * size]. statistics [heads, positions, 2] of
 * each sample are for the gradient. `rotary`: a table that q and k are turned by.
 */
export function attention(
  output: usize, statistics: usize, q: usize, k: usize, v: usize, rotary: OptionalPointer, scratch: usize, samples: i32,
  positions: i32, heads: i32, keyValueHeads: i32, size: i32, causal: i32,
): void {
  const width = padded(size, 8);
  const length = padded(positions, 8);
  const stride = <usize>width << 2;
  const head = <usize>length * stride;
  const qHead = scratch, kHead = qHead + head, vHead = kHead + head, kPacked = vHead + head, vPacked = kPacked + head;
  const scores = vPacked + head;
  const product = scores + (<usize>(blockRows * length) << 2);
  memory.fill(scratch, 0, 3 * head);
  const factor = <f32>(1 / sqrt<f64>(<f64>size));
  const headBytes = <usize>size << 2;
  const qStride = <usize>heads * headBytes, kStride = <usize>keyValueHeads * headBytes;
  const group = heads / keyValueHeads;
  for (let sample = 0; sample < samples; sample++) {
    for (let index = 0; index < heads; index++) {
      if (index % group == 0) {
        const at = <usize>(index / group) * headBytes;
        moveHead(kHead, stride, k + at, kStride, positions, size, 1, rotary, 1);
        moveHead(vHead, stride, v + at, kStride, positions, size, 1, 0, 1);
        packTransposed(kPacked, kHead, width, length);
        pack(vPacked, vHead, length, width);
      }
      const at = <usize>index * headBytes;
      moveHead(qHead, stride, q + at, qStride, positions, size, factor, rotary, 1);
      for (let first = 0; first < positions; first += blockRows) {
        const rows = min(blockRows, padded(positions, tileRows) - first);
        multiplyByKeys(scores, qHead, kPacked, first, rows, size, width, length, causal);
        for (let row = 0; row < rows; row++) {
          const line = scores + (<usize>(row * length) << 2);
          if (first + row < positions) {
            softmaxRow(line, causal ? first + row + 1 : positions, statistics);
            statistics += 8;
          } else {
            memory.fill(line, 0, <usize>length << 2);
          }
        }
        multiplyByPacked(product, scores, vPacked, first, rows, positions, width, length, causal);
        let from = product, to = output + at + <usize>first * qStride;
        for (let row = 0, end = min(rows, positions - first); row < end; row++, from += stride, to += qStride) {
          const sum = statistics - (<usize>(end - row) << 3);
          moveHead(to, qStride, from, stride, 1, size, load<f32>(sum, 4), 0, 1);
        }
      }
    }
    q += <usize>positions * qStride;
    output += <usize>positions * qStride;
    k += <usize>positions * kStride;
    v += <usize>positions * kStride;
  }
}

/** Gradients of q, k and v, each where it is wanted; the other arguments are those of `attention`. */
export function attentionGradient(
  qGradient: OptionalPointer, kGradient: OptionalPointer, vGradient: OptionalPointer, outputGradient: usize,
  statistics: usize, q: usize, k: usize, v: usize, rotary: OptionalPointer, scratch: usize, samples: i32, positions: i32,
  heads: i32, keyValueHeads: i32, size: i32, causal: i32,
): void {
  const width = padded(size, 8);
  const length = padded(positions, 8);
  const stride = <usize>width << 2;
  const head = <usize>length * stride;
  const qHead = scratch, kHead = qHead + head, vHead = kHead + head, outHead = vHead + head;
  const kPacked = outHead + head, kTransposed = kPacked + head, vTransposed = kTransposed + head;
  const kSum = vTransposed + head, vSum = kSum + head;
  const scores = vSum + head;
  const gradients = scores + (<usize>(blockRows * length) << 2);
  const product = gradients + (<usize>(blockRows * length) << 2);
  memory.fill(scratch, 0, 4 * head);
  const factor = <f32>(1 / sqrt<f64>(<f64>size));
  const headBytes = <usize>size << 2;
  const qStride = <usize>heads * headBytes, kStride = <usize>keyValueHeads * headBytes;
  const group = heads / keyValueHeads;
  for (let sample = 0; sample < samples; sample++) {
    for (let index = 0; index < heads; index++) {
      const at = <usize>index * headBytes;
      const shared = <usize>(index / group) * headBytes;
      if (index % group == 0) {
        moveHead(kHead, stride, k + shared, kStride, positions, size, 1, rotary, 1);
        moveHead(vHead, stride, v + shared, kStride, positions, size, 1, 0, 1);
        packTransposed(kTransposed, kHead, width, length);
        pack(kPacked, kHead, length, width);
        packTransposed(vTransposed, vHead, width, length);
        memory.fill(kSum, 0, 2 * head);
      }
      moveHead(qHead, stride, q + at, qStride, positions, size, factor, rotary, 1);
      moveHead(outHead, stride, outputGradient + at, qStride, positions, size, 1, 0, 1);
      for (let first = 0; first < positions; first += blockRows) {
        const rows = min(blockRows, padded(positions, tileRows) - first);
        multiplyByKeys(scores, qHead, kTransposed, first, rows, size, width, length, causal);
        multiplyByKeys(gradients, outHead, vTransposed, first, rows, size, width, length, causal);
        for (let row = 0; row < rows; row++) {
          const offset = <usize>(row * length) << 2;
          if (first + row < positions) {
            softmaxRowGradient(
              scores + offset, gradients + offset, causal ? first + row + 1 : positions, statistics,
            );
            statistics += 8;
          } else {
            memory.fill(scores + offset, 0, <usize>length << 2);
            memory.fill(gradients + offset, 0, <usize>length << 2);
          }
        }
        addTransposedProduct(kSum, gradients, qHead, first, rows, positions, width, length, causal);
        addTransposedProduct(vSum, scores, outHead, first, rows, positions, width, length, causal);
        if (qGradient == 0) continue;
        multiplyByPacked(product, gradients, kPacked, first, rows, positions, width, length, causal);
        moveHead(
          qGradient + at + <usize>first * qStride, qStride, product, stride, min(rows, positions - first), size, factor,
          rotary == 0 ? 0 : rotary + <usize>first * headBytes, -1,
        );
      }
      if ((index + 1) % group != 0) continue;
      if (kGradient != 0) moveHead(kGradient + shared, kStride, kSum, stride, positions, size, 1, rotary, -1);
      if (vGradient != 0) moveHead(vGradient + shared, kStride, vSum, stride, positions, size, 1, 0, 1);
    }
    const qBytes = <usize>positions * qStride, kBytes = <usize>positions * kStride;
    q += qBytes;
    outputGradient += qBytes;
    k += kBytes;
    v += kBytes;
    if (qGradient != 0) qGradient += qBytes;
    if (kGradient != 0) kGradient += kBytes;
    if (vGradient != 0) vGradient += kBytes;
  }
}

/** scores[row, key] = rows of a head, from `first` on, times all keys (packed, transposed); if causal, where a key counts. */
function multiplyByKeys(
  scores: usize, rowsOf: usize, packedKeys: usize, first: i32, rows: i32, size: i32, width: i32, length: i32,
  causal: i32,
): void {
  const stride = <usize>width << 2, scoresStride = <usize>length << 2;
  const keys = causal ? min(length, first + rows) : length;
  for (let key = 0; key < keys; key += 8) {
    // A tile of four rows counts as soon as its last one reaches the keys.
    const skipped = causal ? max(0, key - first) : 0;
    rowsTiles(
      tileRows, 2, scores + <usize>skipped * scoresStride + (<usize>key << 2), scoresStride,
      rowsOf + <usize>(first + skipped) * stride, stride, oneLine, 0, 0, packedKeys + <usize>key * stride,
      (rows - skipped) / tileRows, size, 1, 0, false, 0, 0,
    );
  }
}

/** product[row] = Σ keys scores[row, key] * packed[key]. */
function multiplyByPacked(
  product: usize, scores: usize, packed: usize, first: i32, rows: i32, positions: i32, width: i32, length: i32,
  causal: i32,
): void {
  const stride = <usize>width << 2, scoresStride = <usize>length << 2;
  const tiles = causal ? 1 : rows / tileRows;
  for (let row = 0; row < rows; row += tiles * tileRows) {
    const keys = causal ? first + row + tileRows : positions;
    for (let column = 0; column < width; column += 8) {
      rowsTiles(
        tileRows, 2, product + <usize>row * stride + (<usize>column << 2), stride, scores + <usize>row * scoresStride,
        scoresStride, oneLine, 0, 0, packed + (<usize>(column * length) << 2), tiles, keys, 1, 0, false, 0, 0,
      );
    }
  }
}

/** sums[key] += Σ rows scores[row, key] * head[first + row], rows upwards. */
function addTransposedProduct(
  sums: usize, scores: usize, head: usize, first: i32, rows: i32, positions: i32, width: i32, length: i32, causal: i32,
): void {
  const stride = <usize>width << 2, scoresStride = <usize>length << 2;
  const keys = causal ? first + rows : padded(positions, tileRows);
  for (let key = 0; key < keys; key += tileRows) {
    const skipped = causal ? max(0, key - first) : 0;
    columnsTiles(
      tileRows, 2, sums + <usize>key * stride, stride, scores + <usize>skipped * scoresStride + (<usize>key << 2),
      scoresStride, head + <usize>(first + skipped) * stride, stride, 32, width >> 3, rows - skipped, 1, 0, true,
    );
  }
}

/** Writes −∞ behind the last of `count` scores, to the end of its vector. @returns that end. */
function maskRow(row: usize, count: i32): usize {
  const end = row + (<usize>padded(count, 4) << 2);
  for (let at = row + (<usize>count << 2); at < end; at += 4) store<f32>(at, -Infinity);
  return end;
}

/** row = exp(row − maximum), up to `end`. */
function exponentials(row: usize, end: usize, maximum: f32): void {
  const maxima = f32x4.splat(maximum);
  for (let at = row; at < end; at += 16) v128.store(at, f32x4.sub(v128.load(at), maxima));
  for (; row < end; row += <usize>blockElements << 2) expBlock(row, min(<i32>(end - row >> 2), blockElements));
}

/** row = exp(row − its maximum); the maximum and one over the sum of the exponentials go to `statistics`. */
function softmaxRow(row: usize, count: i32, statistics: usize): void {
  const end = maskRow(row, count);
  let highest = v128.load(row);
  for (let at = row + 16; at < end; at += 16) highest = f32x4.pmax(highest, v128.load(at));
  const maximum = laneMaximum(highest);
  exponentials(row, end, maximum);
  let sums = f32x4.splat(0);
  for (let at = row; at < end; at += 16) sums = f32x4.add(sums, v128.load(at));
  store<f32>(statistics, maximum);
  store<f32>(statistics, 1 / laneSum(sums), 4);
}

/** scores become probabilities p, and `gradients`, given by p, become those by the scores: p * (gradient − Σ p * gradient). */
function softmaxRowGradient(scores: usize, gradients: usize, count: i32, statistics: usize): void {
  const end = maskRow(scores, count);
  const bytes = end - scores;
  // What lies behind the last key is no number of this row.
  for (let at = <usize>count << 2; at < bytes; at += 4) store<f32>(gradients + at, 0);
  exponentials(scores, end, load<f32>(statistics));
  const inverse = f32x4.splat(load<f32>(statistics, 4));
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const p = f32x4.mul(v128.load(scores + at), inverse);
    v128.store(scores + at, p);
    sums = f32x4.add(sums, f32x4.mul(p, v128.load(gradients + at)));
  }
  const sum = f32x4.splat(laneSum(sums));
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(gradients + at, f32x4.mul(v128.load(scores + at), f32x4.sub(v128.load(gradients + at), sum)));
  }
}
