// Matrix products: the twins of shared/kernels/matmul.ts, and matmulEach of products.ts.

#include "kernels.h"
#include "packing.h"
#include "products.h"

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
