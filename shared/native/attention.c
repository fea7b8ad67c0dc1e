// Multi-head attention: the twins of shared/kernels/attention.ts, whose comments say what is computed, and in which order. Heads
// lie in scratch as they do there: matrices [length, width], padded with zeros.

#include "exponential.h"
#include "kernels.h"
#include "packing.h"
#include "products.h"

/** Queries whose scores are in scratch at once. */
#define BLOCK_ROWS 64

/** Rows, or keys, whose chains a mask cuts off together. */
#define STEP 4

/** One head's sizes; length and width are whole panels. */
struct head {
  int32_t positions, size, length, width, causal;
};

INLINE int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

INLINE int32_t padded_to(int32_t count, int32_t multiple) { return (count + multiple - 1) & -multiple; }

INLINE struct head head_of(int32_t positions, int32_t size, int32_t causal) {
  return (struct head){positions, size, padded_to(positions, 8), padded_to(size, 8), causal};
}

INLINE int32_t rows_from(const struct head *head, int32_t first) {
  return smaller(BLOCK_ROWS, padded_to(head->positions, STEP) - first);
}

/** to = from * factor for rows of one head, whose elements turn by a table's angles, or back by them (`direction` 1 or −1). */
static void move_head(float *to, ptrdiff_t to_stride, const float *from, ptrdiff_t from_stride, int32_t positions,
                      int32_t size, float factor, const float *table, float direction) {
  const int32_t half = size / 2;
  for (int32_t position = 0; position < positions; position++, to += to_stride, from += from_stride) {
    if (table == NULL) {
      EACH(i, size) to[i] = from[i] * factor;
      continue;
    }
    EACH(i, half) {
      const float cosine = table[i], sine = direction * table[half + i], x = from[i], y = from[half + i];
      to[i] = (x * cosine - y * sine) * factor;
      to[half + i] = (y * cosine + x * sine) * factor;
    }
    table += size;
  }
}

/** scores[row, key] = rows of a head times all keys (packed, transposed); if causal, where a key counts. */
static void multiply_by_keys(float *scores, const float *rows_of, const float *keys, const struct head *head, int32_t rows,
                             int32_t first) {
  const struct sweep sweep = {
      .c_stride = head->length, .a_step = 4, .b_step = 32, .inner = head->size, .segments = 1,
      .b_panel = 32 * (ptrdiff_t)head->width,
  };
  const int32_t together = head->causal ? MAXIMUM_ROWS : rows;
  for (int32_t row = 0; row < rows; row += together) {
    const int32_t height = smaller(together, rows - row);
    const int32_t counting = head->causal ? padded_to(first + row + height, 8) : head->length;
    const struct left left = {(const char *)(rows_of + (ptrdiff_t)row * head->width), 4 * (ptrdiff_t)head->width, ONE_LINE, 0};
    product(&sweep, scores + (ptrdiff_t)row * head->length, left, (const char *)keys, 1, height, counting, NULL);
  }
}

/** to[row] = Σ keys scores[row, key] * packed[key]. */
static void multiply_by_packed(float *to, const float *scores, const float *packed, const struct head *head, int32_t rows,
                               int32_t first) {
  struct sweep sweep = {
      .c_stride = head->width, .a_step = 4, .b_step = 32, .segments = 1, .b_panel = 32 * (ptrdiff_t)head->length,
  };
  const int32_t together = head->causal ? STEP : rows;
  for (int32_t row = 0; row < rows; row += together) {
    sweep.inner = head->causal ? first + row + STEP : head->positions;
    const struct left left = {(const char *)(scores + (ptrdiff_t)row * head->length), 4 * (ptrdiff_t)head->length, ONE_LINE, 0};
    product(&sweep, to + (ptrdiff_t)row * head->width, left, (const char *)packed, 1, together, head->width, NULL);
  }
}

/** sums[key] += Σ rows scores[row, key] * rows_of[row], rows upwards. */
static void add_transposed_product(float *sums, const float *scores, const float *rows_of, const struct head *head,
                                   int32_t rows, int32_t first) {
  struct sweep sweep = {
      .c_stride = head->width, .a_step = 4 * (ptrdiff_t)head->length, .b_step = 4 * (ptrdiff_t)head->width, .segments = 1,
      .b_panel = 32, .accumulates = 1,
  };
  const int32_t keys = head->causal ? first + rows : padded_to(head->positions, STEP);
  const int32_t together = head->causal ? STEP : keys;
  for (int32_t key = 0; key < keys; key += together) {
    const int32_t skipped = head->causal && key > first ? key - first : 0;
    sweep.inner = rows - skipped;
    const struct left left = {(const char *)(scores + (ptrdiff_t)skipped * head->length + key), 4, ONE_LINE, 0};
    const char *right = (const char *)(rows_of + (ptrdiff_t)skipped * head->width);
    product(&sweep, sums + (ptrdiff_t)key * head->width, left, right, 0, together, head->width, NULL);
  }
}

INLINE int32_t keys_of(const struct head *head, int32_t position) { return head->causal ? position + 1 : head->positions; }

/** The larger of two numbers as f32.max has it: NaN if either is, and 0 above −0. */
INLINE v4 maximum4(v4 a, v4 b) {
  const i4 is_less = a < b, is_greater = a > b, is_equal = a == b;
  return (v4)(((i4)b & is_less) | ((i4)a & is_greater) | ((i4)a & (i4)b & is_equal) | ~(is_less | is_greater | is_equal));
}

/** Lane n of each row's vector becomes vector n. */
INLINE void transpose_rows(v4 lanes[4], const v4 rows[STEP]) {
  float from[4 * STEP], to[4 * STEP];
  UNROLL for (int row = 0; row < STEP; row++) store4(from + 4 * row, rows[row]);
  transpose4(to, 4, from, 4);
  UNROLL for (int lane = 0; lane < 4; lane++) lanes[lane] = load4(to + 4 * lane);
}

/** The sums of the rows' lanes: of the first two, of the last two, then of both. */
INLINE v4 lane_sums(const v4 rows[STEP]) {
  v4 lanes[4];
  transpose_rows(lanes, rows);
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}

INLINE v4 lane_maxima(const v4 rows[STEP]) {
  v4 lanes[4];
  transpose_rows(lanes, rows);
  return maximum4(maximum4(lanes[0], lanes[1]), maximum4(lanes[2], lanes[3]));
}

/** Steps over the lanes of neighbouring panels of STEP rows, which end together; what lies behind `end` is never read. */
#define EACH_OF_ROWS(at, row, lane, end)                \
  for (int32_t at = 0; at < (end); at += 8)             \
    UNROLL for (int32_t row = 0; row < STEP; row++)     \
      for (int32_t lane = 0; lane < 8; lane++)

/** Writes −∞ behind the last scores of STEP rows from a position on, to where they all end. @returns that end. */
INLINE int32_t mask_rows(float *scores, const struct head *head, int32_t position) {
  const int32_t end = padded_to(keys_of(head, position + STEP - 1), STEP);
  for (int32_t row = 0; row < STEP; row++) {
    for (int32_t at = keys_of(head, position + row); at < end; at++) scores[(ptrdiff_t)row * head->length + at] = -__builtin_inff();
  }
  return end;
}

/** rows = exp(row − its maximum), of STEP rows. */
static void softmax_rows(float *scores, const struct head *head, int32_t position, v4 *maxima, v4 *inverses) {
  const ptrdiff_t length = head->length;
  const int32_t end = mask_rows(scores, head, position);
  v4 highest[STEP], sums[STEP] = {0};
  UNROLL for (int row = 0; row < STEP; row++) highest[row] = load4(scores + row * length);
  for (int32_t at = 4; at < end; at += 4) {
    UNROLL for (int row = 0; row < STEP; row++) highest[row] = larger4(highest[row], load4(scores + row * length + at));
  }
  *maxima = lane_maxima(highest);
  EACH_OF_ROWS(at, row, lane, end) {
    float *score = scores + row * length + at + lane;
    *score = exp32(*score - (*maxima)[row]);
  }
  for (int32_t at = 0; at < end; at += 4) {
    UNROLL for (int row = 0; row < STEP; row++) sums[row] += load4(scores + row * length + at);
  }
  *inverses = 1 / lane_sums(sums);
}

/** scores become probabilities p, and `gradients`, given by p, become those by the scores: p * (gradient − Σ p * gradient). */
static void softmax_rows_gradient(float *scores, float *gradients, const struct head *head, int32_t position, v4 maxima,
                                  v4 inverses) {
  const ptrdiff_t length = head->length;
  const int32_t end = mask_rows(scores, head, position);
  for (int32_t row = 0; row < STEP; row++) {
    for (int32_t at = keys_of(head, position + row); at < end; at++) gradients[row * length + at] = 0;
  }
  EACH_OF_ROWS(at, row, lane, end) {
    float *score = scores + row * length + at + lane;
    *score = exp32(*score - maxima[row]) * inverses[row];
  }
  v4 products[STEP] = {0};
  for (int32_t at = 0; at < end; at += 4) {
    UNROLL for (int row = 0; row < STEP; row++) {
      products[row] += load4(scores + row * length + at) * load4(gradients + row * length + at);
    }
  }
  const v4 sums = lane_sums(products);
  EACH_OF_ROWS(at, row, lane, end) {
    const ptrdiff_t i = row * length + at + lane;
    gradients[i] = scores[i] * (gradients[i] - sums[row]);
  }
}

KERNEL void attention(float *output, float *statistics, float *q, float *k, float *v, float *rotary, float *scratch,
                      int32_t samples, int32_t positions, int32_t heads, int32_t key_value_heads, int32_t size,
                      int32_t causal) {
  const struct head head = head_of(positions, size, causal);
  const ptrdiff_t width = head.width, length = head.length, elements = length * width;
  float *q_head = scratch, *k_head = q_head + elements, *v_head = k_head + elements;
  float *k_packed = v_head + elements, *v_packed = k_packed + elements;
  float *scores = v_packed + elements, *weighed = scores + BLOCK_ROWS * length;
  memset(scratch, 0, 3 * sizeof(float) * (size_t)elements);
  const float factor = (float)(1 / __builtin_sqrt(size));
  const ptrdiff_t q_stride = (ptrdiff_t)heads * size, k_stride = (ptrdiff_t)key_value_heads * size;
  const int32_t group = heads / key_value_heads;
  for (int32_t sample = 0; sample < samples; sample++) {
    for (int32_t index = 0; index < heads; index++) {
      if (index % group == 0) {
        const ptrdiff_t at = (ptrdiff_t)(index / group) * size;
        move_head(k_head, width, k + at, k_stride, positions, size, 1, rotary, 1);
        move_head(v_head, width, v + at, k_stride, positions, size, 1, NULL, 1);
        pack_panels_transposed(k_packed, k_head, head.width, head.length);
        pack_panels(v_packed, v_head, head.length, head.width);
      }
      const ptrdiff_t at = (ptrdiff_t)index * size;
      move_head(q_head, width, q + at, q_stride, positions, size, factor, rotary, 1);
      for (int32_t first = 0; first < positions; first += BLOCK_ROWS) {
        const int32_t rows = rows_from(&head, first), inside = smaller(rows, positions - first);
        multiply_by_keys(scores, q_head + first * width, k_packed, &head, rows, first);
        for (int32_t row = 0; row < rows; row += STEP) {
          v4 maxima, inverses;
          softmax_rows(scores + row * length, &head, first + row, &maxima, &inverses);
          for (int32_t at = row; at < smaller(row + STEP, inside); at++) {
            statistics[2 * at] = maxima[at - row];
            statistics[2 * at + 1] = inverses[at - row];
          }
        }
        memset(scores + inside * length, 0, sizeof(float) * (size_t)((rows - inside) * length));
        multiply_by_packed(weighed, scores, v_packed, &head, rows, first);
        for (int32_t row = 0; row < inside; row++) {
          float *to = output + at + (first + row) * q_stride;
          move_head(to, q_stride, weighed + row * width, width, 1, size, statistics[2 * row + 1], NULL, 1);
        }
        statistics += 2 * inside;
      }
    }
    q += positions * q_stride;
    output += positions * q_stride;
    k += positions * k_stride;
    v += positions * k_stride;
  }
}

KERNEL void attentionGradient(float *q_gradient, float *k_gradient, float *v_gradient, float *output_gradient,
                              float *statistics, float *q, float *k, float *v, float *rotary, float *scratch,
                              int32_t samples, int32_t positions, int32_t heads, int32_t key_value_heads, int32_t size,
                              int32_t causal) {
  const struct head head = head_of(positions, size, causal);
  const ptrdiff_t width = head.width, length = head.length, elements = length * width;
  float *q_head = scratch, *k_head = q_head + elements, *v_head = k_head + elements, *out_head = v_head + elements;
  float *k_packed = out_head + elements, *k_transposed = k_packed + elements, *v_transposed = k_transposed + elements;
  float *k_sum = v_transposed + elements, *v_sum = k_sum + elements;
  float *scores = v_sum + elements, *gradients = scores + BLOCK_ROWS * length, *weighed = gradients + BLOCK_ROWS * length;
  memset(scratch, 0, 4 * sizeof(float) * (size_t)elements);
  const float factor = (float)(1 / __builtin_sqrt(size));
  const ptrdiff_t q_stride = (ptrdiff_t)heads * size, k_stride = (ptrdiff_t)key_value_heads * size;
  const int32_t group = heads / key_value_heads;
  for (int32_t sample = 0; sample < samples; sample++) {
    const ptrdiff_t q_first = sample * positions * q_stride, k_first = sample * positions * k_stride;
    for (int32_t index = 0; index < heads; index++) {
      const ptrdiff_t at = q_first + (ptrdiff_t)index * size, shared = k_first + (ptrdiff_t)(index / group) * size;
      if (index % group == 0) {
        move_head(k_head, width, k + shared, k_stride, positions, size, 1, rotary, 1);
        move_head(v_head, width, v + shared, k_stride, positions, size, 1, NULL, 1);
        pack_panels_transposed(k_transposed, k_head, head.width, head.length);
        pack_panels(k_packed, k_head, head.length, head.width);
        pack_panels_transposed(v_transposed, v_head, head.width, head.length);
        memset(k_sum, 0, 2 * sizeof(float) * (size_t)elements);
      }
      move_head(q_head, width, q + at, q_stride, positions, size, factor, rotary, 1);
      move_head(out_head, width, output_gradient + at, q_stride, positions, size, 1, NULL, 1);
      for (int32_t first = 0; first < positions; first += BLOCK_ROWS) {
        const int32_t rows = rows_from(&head, first), inside = smaller(rows, positions - first);
        const float *q_rows = q_head + first * width, *out_rows = out_head + first * width;
        multiply_by_keys(scores, q_rows, k_transposed, &head, rows, first);
        multiply_by_keys(gradients, out_rows, v_transposed, &head, rows, first);
        for (int32_t row = 0; row < rows; row += STEP) {
          v4 maxima = {0}, inverses = {0};
          for (int32_t at = row; at < smaller(row + STEP, inside); at++, statistics += 2) {
            maxima[at - row] = statistics[0];
            inverses[at - row] = statistics[1];
          }
          const ptrdiff_t line = row * length;
          softmax_rows_gradient(scores + line, gradients + line, &head, first + row, maxima, inverses);
        }
        memset(scores + inside * length, 0, sizeof(float) * (size_t)((rows - inside) * length));
        memset(gradients + inside * length, 0, sizeof(float) * (size_t)((rows - inside) * length));
        add_transposed_product(k_sum, gradients, q_rows, &head, rows, first);
        add_transposed_product(v_sum, scores, out_rows, &head, rows, first);
        if (q_gradient == NULL) continue;
        multiply_by_packed(weighed, gradients, k_packed, &head, rows, first);
        const float *table = rotary == NULL ? NULL : rotary + (ptrdiff_t)first * size;
        move_head(q_gradient + at + first * q_stride, q_stride, weighed, width, inside, size, factor, table, -1);
      }
      if ((index + 1) % group != 0) continue;
      if (k_gradient != NULL) move_head(k_gradient + shared, k_stride, k_sum, width, positions, size, 1, rotary, -1);
      if (v_gradient != NULL) move_head(v_gradient + shared, k_stride, v_sum, width, positions, size, 1, NULL, 1);
    }
  }
}
