// Products of tensors of which both sides belong to the sample: element by element, and matrices batch by batch.

import { matmul, matmulTransposed, pack, packTransposed } from './matmul';

/** output = left * right, element by element; in place, too. */
export function multiply(output: usize, left: usize, right: usize, elements: i32): void {
  const end = output + (<usize>elements << 2);
  for (; output + 16 <= end; output += 16, left += 16, right += 16) {
    v128.store(output, f32x4.mul(v128.load(left), v128.load(right)));
  }
  for (; output < end; output += 4, left += 4, right += 4) store<f32>(output, load<f32>(left) * load<f32>(right));
}

/** output[row, column] = input[row, column] * factors[column]; in place, too. */
export function multiplyRows(output: usize, input: usize, factors: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  for (let row = 0; row < rows; row++, output += bytes, input += bytes) multiply(output, input, factors, columns);
}

/**
 * C[rows, columns] = A B for each of `count` pairs of matrices. A is [rows, inner], or [inner, rows] if `transposedA`; B is
 * [inner, columns], or [columns, inner] if `transposedB`. `packed` and `scratch` are as `packedBytes` and `scratchBytes` say.
 */
export function matmulEach(
  c: usize, a: usize, b: usize, packed: usize, scratch: usize, count: i32, rows: i32, columns: i32, inner: i32,
  transposedA: i32, transposedB: i32,
): void {
  for (let index = 0; index < count; index++) {
    if (transposedB) packTransposed(packed, b, inner, columns);
    else pack(packed, b, inner, columns);
    if (transposedA) matmulTransposed(c, a, packed, rows, columns, inner, scratch);
    else matmul(c, a, packed, rows, columns, inner, 0, 0);
    a += <usize>(rows * inner) << 2;
    b += <usize>(inner * columns) << 2;
    c += <usize>(rows * columns) << 2;
  }
}
