// Matrix products: C = epilogue(A B + bias) with B packed. Each output element is one chain over the inner dimension,
// from k = 0 upwards.

import { OptionalPointer } from './internal/pointer';
import { maximumRows, oneLine, panelVectors, rowsProduct } from './internal/products';

/** Longest run of k in one sweep: a panel of B this long stays in the first-level cache while A's rows pass by. */
const innerBlock: i32 = 512;

/** Elements of A that pass by all panels of B before the next ones do: they stay in the second-level cache. */
const leftBlock: i32 = 65536;

/** Longest run of k in one sweep of a weight gradient, and most elements of A that are transposed for it at a time. */
const transposedInner: i32 = 256;
const transposedElements: i32 = 4096;

/** Bytes of a packed right operand of `inner` rows and `columns` columns. */
export function packedBytes(inner: i32, columns: i32): i32 {
  const left = columns & 7;
  const width = columns - left + (left == 0 ? 0 : panelVectors(left) << 2);
  return inner * width << 2;
}

/** Packs B, given as [inner, columns]. */
export function pack(packed: usize, b: usize, inner: i32, columns: i32): void {
  const whole = columns & -8;
  const stride = <usize>columns << 2;
  for (let column = 0; column < whole; column += 8, b += 32) {
    let from = b;
    for (let k = 0; k < inner; k++, from += stride, packed += 32) {
      v128.store(packed, v128.load(from));
      v128.store(packed, v128.load(from, 16), 16);
    }
  }
  packEdge(packed, b, inner, columns - whole, stride, 4);
}

/** Packs B, given transposed, as [columns, inner]. */
export function packTransposed(packed: usize, bTransposed: usize, inner: i32, columns: i32): void {
  const whole = columns & -8;
  const stride = <usize>inner << 2;
  const blocks = inner & -4;
  for (let column = 0; column < whole; column += 8, bTransposed += stride << 3) {
    for (let k = 0; k < blocks; k += 4, packed += 128) {
      const from = bTransposed + (<usize>k << 2);
      transposeFour(packed, 32, from, stride);
      transposeFour(packed + 16, 32, from + (stride << 2), stride);
    }
    packed = packRows(packed, bTransposed + (<usize>blocks << 2), inner - blocks, 8, 8, 4, stride);
  }
  packEdge(packed, bTransposed, inner, columns - whole, 4, stride);
}

/** Four elements of each of four rows become four rows. */
// @ts-ignore: decorator
@inline
function transposeFour(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  const row0 = v128.load(from), row1 = v128.load(from + fromStride);
  const row2 = v128.load(from + (fromStride << 1)), row3 = v128.load(from + fromStride * 3);
  const low0 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5), low2 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5);
  const high0 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7), high2 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low0, low2, 0, 2));
  v128.store(to + toStride, v128.shuffle<f64>(low0, low2, 1, 3));
  v128.store(to + (toStride << 1), v128.shuffle<f64>(high0, high2, 0, 2));
  v128.store(to + toStride * 3, v128.shuffle<f64>(high0, high2, 1, 3));
}

/** The last panel, of `left` columns, if there are any. */
function packEdge(packed: usize, b: usize, inner: i32, left: i32, innerStride: usize, columnStride: usize): void {
  if (left > 0) packRows(packed, b, inner, left, panelVectors(left) << 2, innerStride, columnStride);
}

/** `rows` of a panel, element (k, column) at `b + k * innerStride + column * columnStride`. @returns where they end. */
function packRows(
  packed: usize, b: usize, rows: i32, left: i32, width: i32, innerStride: usize, columnStride: usize,
): usize {
  for (let k = 0; k < rows; k++, b += innerStride) {
    for (let lane = 0; lane < width; lane++, packed += 4) {
      store<f32>(packed, lane < left ? load<f32>(b + <usize>lane * columnStride) : 0);
    }
  }
  return packed;
}

/** C[rows, columns] = epilogue(A[rows, inner] B + bias); bias holds `columns` values. */
export function matmul(
  c: usize, a: usize, packedB: usize, rows: i32, columns: i32, inner: i32, bias: OptionalPointer,
  epilogue: i32,
): void {
  const blocks = (rows - 1) / max(maximumRows, leftBlock / min(inner, innerBlock)) + 1;
  const rowBlock = rows / blocks + maximumRows & -maximumRows;
  for (let row = 0; row < rows; row += rowBlock) {
    const height = min(rowBlock, rows - row);
    rowBlockProduct(
      c + (<usize>(row * columns) << 2), a + (<usize>(row * inner) << 2), packedB, height, columns, inner, bias, epilogue,
    );
  }
}

function rowBlockProduct(
  c: usize, a: usize, packedB: usize, rows: i32, columns: i32, inner: i32, bias: usize, epilogue: i32,
): void {
  const aStride = <usize>inner << 2;
  for (let k = 0; k < inner; k += innerBlock) {
    const block = min(innerBlock, inner - k);
    const isLast = k + block == inner;
    rowsProduct(
      c, a + (<usize>k << 2), aStride, oneLine, 0, packedB, inner, k, rows, columns, block, 1, 0, k > 0,
      isLast ? bias : 0, isLast ? epilogue : 0,
    );
  }
}

/** Bytes of the scratch space that `matmulTransposed` and `conv2dFilterGradient` (rows = output pixels) need. */
export function scratchBytes(rows: i32, columns: i32, inner: i32): i32 {
  // matmulTransposed: some rows of A. conv2dFilterGradient: a sample's output gradient, padded to vectors.
  return max(min(rows * min(inner, transposedInner), transposedElements), rows * (columns + 3 & ~3)) << 2;
}

/** C[rows, columns] = Aᵀ B with A given as [inner, rows]: a weight gradient, the chain running over the samples. */
export function matmulTransposed(
  c: usize, aTransposed: usize, packedB: usize, rows: i32, columns: i32, inner: i32, scratch: usize,
): void {
  const aStride = <usize>rows << 2;
  for (let k = 0; k < inner; k += transposedInner) {
    const block = min(transposedInner, inner - k);
    const group = transposedElements / block & -maximumRows;
    for (let row = 0; row < rows; row += group) {
      const height = min(group, rows - row);
      transpose(scratch, aTransposed + <usize>k * aStride + (<usize>row << 2), aStride, height, block);
      rowsProduct(
        c + (<usize>(row * columns) << 2), scratch, <usize>block << 2, oneLine, 0, packedB, inner, k, height, columns, block,
        1, 0, k > 0, 0, 0,
      );
    }
  }
}

/** to[rows, inner] = the transpose of `inner` stretches of `rows` elements, `fromStride` bytes apart. */
function transpose(to: usize, from: usize, fromStride: usize, rows: i32, inner: i32): void {
  const stride = <usize>inner << 2;
  const wholeRows = rows & -4, wholeInner = inner & -4;
  for (let k = 0; k < inner; k++, from += fromStride, to += 4) {
    let row = 0;
    if (k < wholeInner) {
      row = wholeRows;
      if ((k & 3) == 0) {
        for (let first = 0; first < wholeRows; first += 4) {
          transposeFour(to + <usize>first * stride, stride, from + (<usize>first << 2), fromStride);
        }
      }
    }
    for (; row < rows; row++) store<f32>(to + <usize>row * stride, load<f32>(from + (<usize>row << 2)));
  }
}
