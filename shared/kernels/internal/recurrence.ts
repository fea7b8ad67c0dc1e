// What the recurrent kernels share: products with the recurrent weight, whose left rows stand a sequence apart.

import { oneLine, rowsProduct } from './products';

/** Longest run of k in one sweep, as in a matmul. */
const innerBlock: i32 = 1024;

/**
 * C[rows, columns] = C + A B (or, where it does not accumulate, A B + bias), the chain going on from what stands in C; row r
 * of A is `aStride` bytes behind row r − 1.
 */
export function stepProduct(
  c: usize, a: usize, aStride: usize, packedB: usize, rows: i32, columns: i32, inner: i32, accumulate: bool, bias: usize,
): void {
  for (let k = 0; k < inner; k += innerBlock) {
    const block = min(innerBlock, inner - k);
    const isLast = k + block == inner;
    rowsProduct(
      c, a + (<usize>k << 2), aStride, oneLine, 0, packedB, inner, k, rows, columns, block, 1, 0, accumulate || k > 0,
      isLast ? bias : 0, 0,
    );
  }
}

/** Rows `toStride` bytes apart from rows `fromStride` bytes apart, of `bytes` each. */
export function copyRows(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, bytes: usize): void {
  for (let row = 0; row < rows; row++, to += toStride, from += fromStride) memory.copy(to, from, bytes);
}
