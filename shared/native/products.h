// Matrix products through register tiles: what matrix products and convolutions share. The twin of
// shared/kernels/internal/products.ts: B is packed in panels of 8 columns, the last one 4 wide if 4 or fewer are left, padded
// with zeros; within a panel k runs slowest. Wider vectors take neighbouring panels together. A is read where it stands.

#ifndef PRODUCTS_H
#define PRODUCTS_H

#include <string.h>

#include "lanes.h"

#define RELU_EPILOGUE 1

/** How tiles pass over k, the same for all tiles of a product. Distances are in bytes, C's in elements. */
struct sweep {
  ptrdiff_t c_stride;
  /** From one k to the next; k has `segments` runs of `inner`, and A jumps `a_jump` further after each. */
  ptrdiff_t a_step, b_step;
  int32_t inner, segments;
  ptrdiff_t a_jump;
  /** From one panel of B to the next. */
  ptrdiff_t b_panel;
  /** Rows of each panel that an earlier sweep has passed over. */
  int32_t skipped;
  /** Whether the chains go on from what stands in C. */
  int accumulates;
  int32_t epilogue;
};

typedef void (*tile_function)(const struct sweep *, float *c, const char *const *a, const char *b, const float *bias);

// Twelve rows by two vectors are 24 sums, of 32 registers; of 16, six by two are 12.
#if defined(__AVX512F__) || defined(__aarch64__)
#define MAXIMUM_ROWS 12
#else
#define MAXIMUM_ROWS 6
#endif

#ifdef __AVX512F__

/** Sixteen columns: two panels. */
INLINE v16 two_panels(const char *b, ptrdiff_t panel) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(load8(b)), load8(b + panel), 1);
}

#define TILE(rows) tile32_##rows
#define WIDTH 16
#define VECTORS 2
#define RIGHT(from, panel, v) two_panels(from + 2 * v * panel, panel)
#include "tile.h"

#define TILE(rows) tile16_##rows
#define WIDTH 16
#define VECTORS 1
#define RIGHT(from, panel, v) two_panels(from, panel)
#include "tile.h"

#define TILE(rows) tile8_##rows
#define WIDTH 8
#define VECTORS 1
#define RIGHT(from, panel, v) load8(from)
#include "tile.h"

#elif defined(__AVX2__)

#define TILE(rows) tile16_##rows
#define WIDTH 8
#define VECTORS 2
#define RIGHT(from, panel, v) load8(from + v * panel)
#include "tile.h"

#define TILE(rows) tile8_##rows
#define WIDTH 8
#define VECTORS 1
#define RIGHT(from, panel, v) load8(from)
#include "tile.h"

#else

#define TILE(rows) tile8_##rows
#define WIDTH 4
#define VECTORS 2
#define RIGHT(from, panel, v) load4(from + 16 * v)
#include "tile.h"

#endif

#define TILE(rows) tile4_##rows
#define WIDTH 4
#define VECTORS 1
#define RIGHT(from, panel, v) load4(from)
#include "tile.h"

/** Tiles by their width, the widest first. */
static const struct {
  int32_t columns;
  const tile_function *tiles;
} widths[] = {
#ifdef __AVX512F__
    {32, tile32_tiles},
#endif
#ifdef __AVX2__
    {16, tile16_tiles},
#endif
    {8, tile8_tiles},
    {4, tile4_tiles},
};

enum { WIDEST = sizeof widths / sizeof widths[0] };

/** The widest tiles that `left` columns fill; of fewer than a panel's, those that have room for them. */
INLINE int width_for(int32_t left) {
  for (int w = 0; w < WIDEST; w++) {
    if (left >= widths[w].columns) return w;
    if (widths[w].columns == 8 && left > 4) return w;
  }
  return WIDEST - 1;
}

static void copy_block(float *to, ptrdiff_t to_stride, const float *from, ptrdiff_t from_stride, int32_t rows,
                       int32_t columns) {
  for (int32_t row = 0; row < rows; row++) memcpy(to + row * to_stride, from + row * from_stride, 4 * (size_t)columns);
}

/** One tile; one that sticks out over the last column is computed apart, and only the columns that exist are copied. */
static void compute_tile(const struct sweep *sweep, int w, int32_t rows, int32_t columns, float *c,
                         const char *const *a, const char *b, const float *bias) {
  const tile_function tile = widths[w].tiles[rows - 1];
  if (columns >= widths[w].columns) {
    tile(sweep, c, a, b, bias);
    return;
  }
  float edge[MAXIMUM_ROWS * 8];
  struct sweep inside = *sweep;
  inside.c_stride = 8;
  if (sweep->accumulates) copy_block(edge, 8, c, sweep->c_stride, rows, columns);
  tile(&inside, edge, a, b, bias);
  copy_block(c, sweep->c_stride, edge, 8, rows, columns);
}

/** Rows as even tiles: 25 are 9, 8 and 8, not 12, 12 and a slow one of 1. */
struct tiling {
  int32_t count, small, large;
};

INLINE struct tiling tiling_of(int32_t rows) {
  const int32_t count = (rows + MAXIMUM_ROWS - 1) / MAXIMUM_ROWS;
  const int32_t small = rows / count;
  return (struct tiling){count, small, rows - small * count};
}

INLINE int32_t tile_height(struct tiling tiling, int32_t index) {
  return index < tiling.large ? tiling.small + 1 : tiling.small;
}

/** Where the rows of A lie: `stride` apart, and after each `line` rows `jump` further. */
struct left {
  const char *first;
  ptrdiff_t stride;
  int32_t line;
  ptrdiff_t jump;
};

/** A line that never ends: rows of a matrix all lie at one stride. */
#define ONE_LINE INT32_MAX

/**
 * C[rows, columns] = epilogue(A B + bias). `b_panel`, `b_step` of the sweep are those of whole panels; the last panel, if it is
 * 4 wide and `packed`, has half the step.
 */
static void product(const struct sweep *given, float *c, struct left left, const char *b, int packed, int32_t rows,
                    int32_t columns, const float *bias) {
  struct sweep sweep = *given;
  const struct tiling tiling = tiling_of(rows);
  for (int32_t column = 0; column < columns;) {
    const int w = width_for(columns - column);
    if (packed && widths[w].columns == 4) sweep.b_step = 16;
    const char *panel = b + (ptrdiff_t)(column / 8) * given->b_panel + sweep.skipped * sweep.b_step;
    const float *panel_bias = bias == NULL ? NULL : bias + column;
    const char *row = left.first;
    int32_t x = 0;
    float *to = c + column;
    for (int32_t index = 0; index < tiling.count; index++) {
      const int32_t height = tile_height(tiling, index);
      const char *a[MAXIMUM_ROWS];
      for (int32_t r = 0; r < height; r++) {
        a[r] = row;
        row += left.stride;
        if (++x == left.line) {
          x = 0;
          row += left.jump;
        }
      }
      compute_tile(&sweep, w, height, columns - column, to, a, panel, panel_bias);
      to += height * sweep.c_stride;
    }
    column += widths[w].columns;
  }
}

#endif
