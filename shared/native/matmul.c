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

/** Elements of A that are copied at a time: they stay in the second-level cache while the columns of B pass by. */
#define COPIED 32768

/**
 * Rows of C that share a copy of their columns of A, in whole tiles. In A itself each k is a page further on, which costs more
 * than the copy. 0: too many k for one.
 */
INLINE int32_t rows_copied(int32_t rows, int32_t inner) {
  const int32_t fitting = COPIED / inner / MAXIMUM_ROWS * MAXIMUM_ROWS;
  return fitting < rows ? fitting : rows;
}

KERNEL void matmulTransposed(float *c, float *a, float *packed, int32_t rows, int32_t columns, int32_t inner,
                             float *scratch) {
  (void)scratch;
  float copy[COPIED];
  struct sweep sweep = {
      .c_stride = columns, .a_step = 4 * (ptrdiff_t)rows, .b_step = 32, .inner = inner, .segments = 1, .a_jump = 0,
      .b_panel = 32 * (ptrdiff_t)inner, .accumulates = 0, .epilogue = 0,
  };
  const int32_t block = rows_copied(rows, inner);
  if (block == 0 || block == rows) {
    product(&sweep, c, (struct left){(const char *)a, 4, ONE_LINE, 0}, (const char *)packed, 1, rows, columns, NULL);
    return;
  }
  for (int32_t row = 0; row < rows; row += block) {
    const int32_t height = row + block <= rows ? block : rows - row;
    copy_block(copy, height, a + row, rows, inner, height);
    sweep.a_step = 4 * (ptrdiff_t)height;
    const struct left left = {(const char *)copy, 4, ONE_LINE, 0};
    product(&sweep, c + (ptrdiff_t)row * columns, left, (const char *)packed, 1, height, columns, NULL);
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
