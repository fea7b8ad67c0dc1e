// Matrix products: the twins of shared/kernels/matmul.ts, and matmulEach of products.ts.

#include "kernels.h"
#include "products.h"

/** Vectors across a panel with this many columns left, in lanes. */
INLINE int32_t panel_width(int32_t left) { return left > 4 ? 8 : 4; }

KERNEL void pack(float *packed, float *b, int32_t inner, int32_t columns) {
  for (int32_t column = 0; column < columns; column += 8) {
    const int32_t left = columns - column, width = panel_width(left);
    const float *from = b + column;
    for (int32_t k = 0; k < inner; k++, from += columns, packed += width) {
      if (left >= 8) {
        store4(packed, load4(from));
        store4(packed + 4, load4(from + 4));
      } else {
        for (int32_t lane = 0; lane < width; lane++) packed[lane] = lane < left ? from[lane] : 0;
      }
    }
  }
}

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

KERNEL void packTransposed(float *packed, float *b, int32_t inner, int32_t columns) {
  for (int32_t column = 0; column < columns; column += 8) {
    pack_panel_transposed(packed + (ptrdiff_t)column * inner, b + (ptrdiff_t)column * inner, inner, inner, columns - column);
  }
}

KERNEL void matmul(float *c, float *a, float *packed, int32_t rows, int32_t columns, int32_t inner, float *bias,
                   int32_t epilogue) {
  const struct sweep sweep = {
      .c_stride = columns, .a_step = 4, .b_step = 32, .inner = inner, .segments = 1, .a_jump = 0,
      .b_panel = 32 * (ptrdiff_t)inner, .accumulates = 0, .epilogue = epilogue,
  };
  const struct left left = {(const char *)a, 4 * (ptrdiff_t)inner, ONE_LINE, 0};
  product(&sweep, c, left, (const char *)packed, 1, rows, columns, bias);
}

KERNEL void matmulTransposed(float *c, float *a, float *packed, int32_t rows, int32_t columns, int32_t inner,
                             float *scratch) {
  (void)scratch;
  const struct sweep sweep = {
      .c_stride = columns, .a_step = 4 * (ptrdiff_t)rows, .b_step = 32, .inner = inner, .segments = 1, .a_jump = 0,
      .b_panel = 32 * (ptrdiff_t)inner, .accumulates = 0, .epilogue = 0,
  };
  const struct left left = {(const char *)a, 4, ONE_LINE, 0};
  product(&sweep, c, left, (const char *)packed, 1, rows, columns, NULL);
}

KERNEL void matmulEach(float *c, float *a, float *b, float *packed, float *scratch, int32_t count, int32_t rows,
                       int32_t columns, int32_t inner, int32_t a_transposed, int32_t b_transposed) {
  for (int32_t index = 0; index < count; index++) {
    (b_transposed ? packTransposed : pack)(packed, b, inner, columns);
    if (a_transposed) matmulTransposed(c, a, packed, rows, columns, inner, scratch);
    else matmul(c, a, packed, rows, columns, inner, NULL, 0);
    a += (ptrdiff_t)rows * inner;
    b += (ptrdiff_t)inner * columns;
    c += (ptrdiff_t)rows * columns;
  }
}
