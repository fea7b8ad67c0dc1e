// A tile of a matrix product whose sums stay in registers: up to MAXIMUM_ROWS rows by VECTORS vectors of WIDTH lanes. Included
// once for each shape, with these and
//   TILE(rows)          the tile's name
//   RIGHT(from, panel, vector)  the vector of B at `from`, where neighbouring panels lie `panel` bytes apart
//
// Each sum is one chain over k from 0 upwards, whatever the tile's shape.

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define V JOIN(v, WIDTH)

INLINE void TILE(any)(const int rows, const struct sweep *sweep, float *c, const char *const *a, const char *b,
                      const float *bias) {
  V sums[MAXIMUM_ROWS][VECTORS];
  const ptrdiff_t c_stride = sweep->c_stride;
  UNROLL for (int row = 0; row < rows; row++) {
    UNROLL for (int v = 0; v < VECTORS; v++) {
      sums[row][v] = sweep->accumulates ? JOIN(load, WIDTH)(c + row * c_stride + v * WIDTH) : (V){0};
    }
  }
  const ptrdiff_t a_step = sweep->a_step, b_step = sweep->b_step, panel = sweep->b_panel;
  ptrdiff_t at = 0;
  for (int32_t segment = sweep->segments; segment > 0; segment--) {
    for (int32_t k = sweep->inner; k > 0; k--) {
      V right[VECTORS];
      UNROLL for (int v = 0; v < VECTORS; v++) right[v] = RIGHT(b, panel, v);
      UNROLL for (int row = 0; row < rows; row++) {
        const V left = JOIN(splat, WIDTH)(*(const float_at *)(a[row] + at));
        UNROLL for (int v = 0; v < VECTORS; v++) {
          sums[row][v] = JOIN(multiply_add, WIDTH)(left, right[v], sums[row][v]);
        }
      }
      at += a_step;
      b += b_step;
    }
    at += sweep->a_jump;
  }
  UNROLL for (int row = 0; row < rows; row++) {
    UNROLL for (int v = 0; v < VECTORS; v++) {
      V sum = sums[row][v];
      if (bias != NULL) sum += JOIN(load, WIDTH)(bias + v * WIDTH);
      if (sweep->epilogue == RELU_EPILOGUE) sum = JOIN(relu, WIDTH)(sum);
      JOIN(store, WIDTH)(c + row * c_stride + v * WIDTH, sum);
    }
  }
}

#define OF(rows)                                                                                             \
  static void TILE(rows)(const struct sweep *sweep, float *c, const char *const *a, const char *b,           \
                         const float *bias) {                                                                \
    TILE(any)(rows, sweep, c, a, b, bias);                                                                   \
  }
OF(1) OF(2) OF(3) OF(4) OF(5) OF(6)
#if MAXIMUM_ROWS > 6
OF(7) OF(8) OF(9) OF(10) OF(11) OF(12)
#endif

static const tile_function TILE(tiles)[] = {
    TILE(1), TILE(2), TILE(3), TILE(4), TILE(5), TILE(6),
#if MAXIMUM_ROWS > 6
    TILE(7), TILE(8), TILE(9), TILE(10), TILE(11), TILE(12),
#endif
};

#undef OF
#undef V
#undef JOIN
#undef JOIN_
#undef TILE
#undef RIGHT
#undef WIDTH
#undef VECTORS
