// Packing the right operand of a product: panels of 8 columns, as products.h has them.

#ifndef PACKING_H
#define PACKING_H

#include "lanes.h"

/** Columns of a panel with so many left. */
INLINE int32_t panel_width(int32_t left) { return left > 4 ? 8 : 4; }

/** Four rows of four, turned into columns: `to` takes one of them each `step`. */
INLINE void transpose4(float *to, ptrdiff_t step, const float *from, ptrdiff_t stride) {
  const v4 a = load4(from), b = load4(from + stride), c = load4(from + 2 * stride), d = load4(from + 3 * stride);
  const v4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const v4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store4(to, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
  store4(to + step, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
  store4(to + 2 * step, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
  store4(to + 3 * step, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

/** A panel of B's columns, which lie `stride` elements apart; those that are missing are zeros. */
static void pack_panel_transposed(float *packed, const float *from, ptrdiff_t stride, int32_t inner, int32_t left) {
  const int32_t width = panel_width(left);
  int32_t k = 0;
  if (left >= width) {
    for (; k + 4 <= inner; k += 4) {
      for (int32_t lane = 0; lane < width; lane += 4) {
        transpose4(packed + k * width + lane, width, from + lane * stride + k, stride);
      }
    }
  }
  for (; k < inner; k++) {
    for (int32_t lane = 0; lane < width; lane++) packed[k * width + lane] = lane < left ? from[lane * stride + k] : 0;
  }
}

/** Panels that are filled together: of each row of B whole cache lines are read. */
#define FILLED 4

/** `count` whole panels of B's columns. */
INLINE void pack_whole_panels(float *packed, const float *from, const int count, int32_t inner, ptrdiff_t stride) {
  const ptrdiff_t panel = 8 * (ptrdiff_t)inner;
  for (int32_t k = 0; k < inner; k++, from += stride, packed += 8) {
    UNROLL for (int at = 0; at < count; at++) {
      store4(packed + at * panel, load4(from + 8 * at));
      store4(packed + at * panel + 4, load4(from + 8 * at + 4));
    }
  }
}

/** Packs B, given as [inner, columns]. */
static void pack_panels(float *packed, const float *b, int32_t inner, int32_t columns) {
  int32_t column = 0;
  for (; column + 8 * FILLED <= columns; column += 8 * FILLED) {
    pack_whole_panels(packed + (ptrdiff_t)column * inner, b + column, FILLED, inner, columns);
  }
  for (; column + 8 <= columns; column += 8) {
    pack_whole_panels(packed + (ptrdiff_t)column * inner, b + column, 1, inner, columns);
  }
  const int32_t left = columns - column, width = panel_width(left);
  if (left == 0) return;
  float *to = packed + (ptrdiff_t)column * inner;
  for (const float *from = b + column; inner > 0; inner--, from += columns, to += width) {
    for (int32_t lane = 0; lane < width; lane++) to[lane] = lane < left ? from[lane] : 0;
  }
}

/** Packs B, given transposed, as [columns, inner]. */
static void pack_panels_transposed(float *packed, const float *b, int32_t inner, int32_t columns) {
  for (int32_t column = 0; column < columns; column += 8) {
    const ptrdiff_t at = (ptrdiff_t)column * inner;
    pack_panel_transposed(packed + at, b + at, inner, inner, columns - column);
  }
}

#endif
