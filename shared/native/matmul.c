// Matrix products: the twins of shared/kernels/matmul.ts, and matmulEach of products.ts.

#include "kernels.h"
#include "packing.h"
#include "products.h"

KERNEL void pack(float *packed, float *b, int32_t inner, int32_t columns) { pack_panels(packed, b, inner, columns); }

KERNEL void packTransposed(float *packed, float *b, int32_t inner, int32_t columns) {
  pack_panels_transposed(packed, b, inner, columns);
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

/** Longest run of k in one sweep of a weight gradient: what a tile reads of A and B stays in the first-level cache. */
#define COPIED_INNER 1024

/** Rows of A's transpose that are copied at a time, whole tiles: they stay in the second-level cache while B's columns pass by. */
#define COPIED_ROWS (48 / MAXIMUM_ROWS * MAXIMUM_ROWS)

/**
 * Copies `rows` columns of A so that each k of a tile's rows stands behind the one before; in A itself it is a page further on,
 * which costs more than the copy.
 */
static void copy_columns(float *to, const float *from, ptrdiff_t stride, int32_t rows, int32_t inner) {
  const ptrdiff_t tile = (ptrdiff_t)inner * MAXIMUM_ROWS;
  for (int32_t k = 0; k < inner; k++, from += stride, to += MAXIMUM_ROWS) {
    int32_t row = 0;
    float *part = to;
    for (; row + MAXIMUM_ROWS <= rows; row += MAXIMUM_ROWS, part += tile) {
      memcpy(part, from + row, sizeof(float) * MAXIMUM_ROWS);
    }
    for (int32_t r = 0; row + r < rows; r++) part[r] = from[row + r];
  }
}

KERNEL void matmulTransposed(float *c, float *a, float *packed, int32_t rows, int32_t columns, int32_t inner,
                             float *scratch) {
  (void)scratch;
  float copy[COPIED_ROWS * COPIED_INNER];
  struct sweep sweep = {
      .c_stride = columns, .a_step = 4 * MAXIMUM_ROWS, .b_step = 32, .segments = 1, .b_panel = 32 * (ptrdiff_t)inner,
  };
  for (int32_t k = 0; k < inner; k += COPIED_INNER) {
    sweep.inner = inner - k < COPIED_INNER ? inner - k : COPIED_INNER;
    sweep.skipped = k;
    sweep.accumulates = k > 0;
    const ptrdiff_t tile = 4 * (ptrdiff_t)sweep.inner * MAXIMUM_ROWS;
    const struct left left = {(const char *)copy, 4, MAXIMUM_ROWS, tile - 4 * MAXIMUM_ROWS};
    for (int32_t row = 0; row < rows; row += COPIED_ROWS) {
      const int32_t height = rows - row < COPIED_ROWS ? rows - row : COPIED_ROWS;
      copy_columns(copy, a + (ptrdiff_t)k * rows + row, rows, height, sweep.inner);
      product(&sweep, c + (ptrdiff_t)row * columns, left, (const char *)packed, 1, height, columns, NULL);
    }
  }
}

KERNEL void matmulEach(float *c, float *a, float *b, float *packed, float *scratch, int32_t count, int32_t rows,
                       int32_t columns, int32_t inner, int32_t a_transposed, int32_t b_transposed) {
  for (int32_t index = 0; index < count; index++) {
    (b_transposed ? pack_panels_transposed : pack_panels)(packed, b, inner, columns);
    if (a_transposed) matmulTransposed(c, a, packed, rows, columns, inner, scratch);
    else matmul(c, a, packed, rows, columns, inner, NULL, 0);
    a += (ptrdiff_t)rows * inner;
    b += (ptrdiff_t)inner * columns;
    c += (ptrdiff_t)rows * columns;
  }
}
