// Matrix products through the register tiles: what matrix products and convolutions share. B is packed in panels of 8
// columns, the last one 4 wide if 4 or fewer are left, padded with zeros; within a panel k runs slowest. A is read where
// it stands.

import { columnsTiles, rowsTiles } from './tiles';

export const maximumRows: i32 = 4;

/** A tile that sticks out over the last column is computed here, and only the columns that exist are copied. */
const edgeTile: usize = memory.data(5 * 8 * 4, 16);
const edgeStride: usize = 32;

/** A line length that is never reached: rows of a matrix all lie at one stride. */
export const oneLine: i32 = i32.MAX_VALUE;

/** Vectors across a panel with this many columns left. */
// @ts-ignore: decorator
@inline
export function panelVectors(columnsLeft: i32): i32 {
  return columnsLeft > 4 ? 2 : 1;
}

// @ts-ignore: decorator
@inline
export function isWholePanel(columnsLeft: i32): bool {
  return columnsLeft >= 8 || columnsLeft == 4;
}

/** Copies a block of f32 between matrices. */
function copyBlock(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let column: usize = 0; column < <usize>columns; column++) {
      store<f32>(to + (column << 2), load<f32>(from + (column << 2)));
    }
    to += toStride;
    from += fromStride;
  }
}

/**
 * C = A B over one stretch of k, where row r of A starts `aStride` behind row r − 1, and `aLineJump` more after each
 * `aLine` rows; a row is `segments` runs of `inner` elements, `aSegmentJump` bytes from one's start to the next's.
 */
export function rowsProduct(
  c: usize, a: usize, aStride: usize, aLine: i32, aLineJump: usize, packedB: usize, packedInner: i32, firstInner: i32,
  rows: i32, columns: i32, inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool, bias: usize, epilogue: i32,
): void {
  const cStride = <usize>columns << 2;
  // Tiles as even as possible: 25 rows are 4 tiles of 4 and 3 of 3, not 6 of 4 and a slow one of 1.
  const tiles = (rows + maximumRows - 1) / maximumRows;
  const small = rows / tiles;
  const large = rows - small * tiles;
  for (let column = 0; column < columns; column += 8) {
    const left = columns - column;
    const vectors = panelVectors(left);
    const panel = packedB + <usize>(packedInner * column << 2) + <usize>(firstInner * vectors << 4);
    const panelBias = bias == 0 ? 0 : bias + (<usize>column << 2);
    let cTile = c + (<usize>column << 2);
    if (isWholePanel(left)) {
      if (large > 0) {
        rowsTiles(
          small + 1, vectors, cTile, cStride, a, aStride, aLine, aLineJump, 0, panel, large, inner, segments,
          aSegmentJump, accumulate, panelBias, epilogue,
        );
      }
      const done = large * (small + 1);
      const line = aLine == oneLine ? 0 : done / aLine;
      rowsTiles(
        small, vectors, cTile + <usize>done * cStride, cStride, a + <usize>done * aStride + <usize>line * aLineJump,
        aStride, aLine, aLineJump, done - line * aLine, panel, tiles - large, inner, segments, aSegmentJump, accumulate,
        panelBias, epilogue,
      );
    } else {
      for (let row = 0; row < rows; row += maximumRows) {
        const height = min(maximumRows, rows - row);
        const line = aLine == oneLine ? 0 : row / aLine;
        if (accumulate) copyBlock(edgeTile, edgeStride, cTile, cStride, height, left);
        rowsTiles(
          height, vectors, edgeTile, edgeStride, a + <usize>row * aStride + <usize>line * aLineJump, aStride, aLine,
          aLineJump, row - line * aLine, panel, 1, inner, segments, aSegmentJump, accumulate, panelBias, epilogue,
        );
        copyBlock(cTile, cStride, edgeTile, edgeStride, height, left);
        cTile += <usize>height * cStride;
      }
    }
  }
}

/** The last `left` columns of a tile row of C = Aᵀ B. */
export function columnsEdge(
  height: i32, vectors: i32, c: usize, cStride: usize, left: i32, a: usize, aStep: usize, b: usize, bStep: usize,
  inner: i32, segments: i32, aSegmentJump: usize, accumulate: bool,
): void {
  if (isWholePanel(left)) {
    columnsTiles(height, vectors, c, cStride, a, aStep, b, bStep, 0, 1, inner, segments, aSegmentJump, accumulate);
    return;
  }
  if (accumulate) copyBlock(edgeTile, edgeStride, c, cStride, height, left);
  columnsTiles(
    height, vectors, edgeTile, edgeStride, a, aStep, b, bStep, 0, 1, inner, segments, aSegmentJump, accumulate,
  );
  copyBlock(c, cStride, edgeTile, edgeStride, height, left);
}
