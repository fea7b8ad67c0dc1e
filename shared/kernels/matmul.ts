// Matrix products: C = epilogue(A B + bias) with B packed. Each output element is one chain over the inner dimension,
// from k = 0 upwards.

import { OptionalPointer } from './internal/pointer';
import { columnsProduct, maximumRows, oneLine, panelVectors, rowsProduct } from './internal/products';

/** Longest run of k in one sweep: a panel of B this long stays in the first-level cache while A's rows pass by. */
const innerBlock: i32 = 1024;

/** Stored row lengths that are a multiple of this many bytes fall on few cache sets; such columns are copied first. */
const aliasingStride: usize = 1024;

/** Bytes of a packed right operand of `inner` rows and `columns` columns. */
export function packedBytes(inner: i32, columns: i32): i32 {
  const left = columns & 7;
  const width = columns - left + (left == 0 ? 0 : panelVectors(left) << 2);
  return inner * width << 2;
}

/** Packs B, given as [inner, columns]. */
export function pack(packed: usize, b: usize, inner: i32, columns: i32): void {
  packStrided(packed, b, inner, columns, <usize>columns << 2, 4);
}

/** Packs B, given transposed, as [columns, inner]. */
export function packTransposed(packed: usize, bTransposed: usize, inner: i32, columns: i32): void {
  packStrided(packed, bTransposed, inner, columns, 4, <usize>inner << 2);
}

/** Packs B with element (k, column) at `b + k * innerStride + column * columnStride`. */
function packStrided(
  packed: usize, b: usize, inner: i32, columns: i32, innerStride: usize, columnStride: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    const left = columns - column;
    let source = b + <usize>column * columnStride;
    if (left >= 8 && columnStride == 4) {
      for (let k = 0; k < inner; k++) {
        v128.store(packed, v128.load(source));
        v128.store(packed, v128.load(source, 16), 16);
        packed += 32;
        source += innerStride;
      }
    } else {
      const width = panelVectors(left) << 2;
      for (let k = 0; k < inner; k++) {
        for (let lane = 0; lane < width; lane++) {
          store<f32>(packed, lane < left ? load<f32>(source + <usize>lane * columnStride) : 0);
          packed += 4;
        }
        source += innerStride;
      }
    }
  }
}

/** C[rows, columns] = epilogue(A[rows, inner] B + bias); bias holds `columns` values. */
export function matmul(
  c: usize, a: usize, packedB: usize, rows: i32, columns: i32, inner: i32, bias: OptionalPointer,
  epilogue: i32,
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
  // matmulTransposed: a tile's columns of A, copied. conv2dFilterGradient: a sample's output gradient, padded to vectors.
  return max(inner << 4, rows * (columns + 3 & ~3) << 2);
}

/** C[rows, columns] = Aᵀ B with A given as [inner, rows]: a weight gradient, the chain running over the samples. */
export function matmulTransposed(
  c: usize, aTransposed: usize, packedB: usize, rows: i32, columns: i32, inner: i32, scratch: usize,
): void {
  const aStep = <usize>rows << 2;
  const tiles = (rows + maximumRows - 1) / maximumRows;
  const small = rows / tiles;
  const large = rows - small * tiles;
  // Such a stride means a multiple of 256 rows: every tile has four of them, all that the vector copy reads.
  const copies = aStep % aliasingStride == 0;
  let row = 0;
  for (let tile = 0; tile < tiles; tile++) {
    const height = tile < large ? small + 1 : small;
    let a = aTransposed + (<usize>row << 2);
    if (copies) copyColumns(scratch, a, aStep, inner);
    columnsProduct(
      height, c + (<usize>(row * columns) << 2), columns, copies ? scratch : a, copies ? 16 : aStep, packedB, inner, 1, 0,
      false,
    );
    row += height;
  }
}

/** Four neighbouring columns, k after k. */
function copyColumns(to: usize, from: usize, fromStride: usize, inner: i32): void {
  for (let k = 0; k < inner; k++) {
    v128.store(to, v128.load(from));
    to += 16;
    from += fromStride;
  }
}
