// Softmax and its cross-entropy: the twins of shared/kernels/losses.ts. Sums along a row run upwards from 0, in f64.

#include "functions.h"
#include "kernels.h"

/** Elements whose exponentials pass together, before they are summed up one by one. */
#define CHUNK 64

INLINE float larger(float a, float b) { return b > a ? b : a; }

/** Of rows that hold a NaN it may be any element: everything that is made of them is NaN. */
static float largest(const float *row, int32_t columns) {
  float best = row[0];
  for (int32_t column = 1; column < columns; column++) best = larger(best, row[column]);
  return best;
}

/** Writes exp(x − highest) of a row, where `output` is there, and returns their sum. */
static double exponentials(float *output, const float *row, int32_t columns, double highest) {
  double sum = 0, chunk[CHUNK];
  for (int32_t start = 0; start < columns; start += CHUNK) {
    const int32_t count = columns - start < CHUNK ? columns - start : CHUNK;
    for (int32_t i = 0; i < count; i++) chunk[i] = exp64(row[start + i] - highest);
    if (output != NULL) {
      for (int32_t i = 0; i < count; i++) output[start + i] = (float)chunk[i];
    }
    for (int32_t i = 0; i < count; i++) sum += chunk[i];
  }
  return sum;
}

static void divide_row(float *row, int32_t columns, double sum) {
  EACH(i, columns) row[i] = (float)(row[i] / sum);
}

KERNEL void softmax(float *output, float *logits, int32_t rows, int32_t columns) {
  for (int32_t row = 0; row < rows; row++, output += columns, logits += columns) {
    divide_row(output, columns, exponentials(output, logits, columns, largest(logits, columns)));
  }
}

/** 1 over the number of labels that are not ignored; 0 if all are. */
static double weight_of(const int32_t *labels, int32_t count, int32_t ignored) {
  int32_t counted = 0;
  for (int32_t i = 0; i < count; i++) counted += labels[i] != ignored;
  return counted == 0 ? 0 : 1 / (double)counted;
}

static double sum_below(const float *row, int32_t columns, double highest) {
  double sum = 0;
  for (int32_t i = 0; i < columns; i++) sum += row[i] - highest;
  return sum;
}

KERNEL void softmaxCrossEntropy(float *sum, float *gradient, float *logits, float *given, int32_t rows, int32_t columns,
                                int32_t group, int32_t ignored, double smoothing) {
  const int32_t *labels = (const int32_t *)given;
  const double share = smoothing / columns;
  double total = 0, weight = 1;
  for (int32_t row = 0; row < rows; row++, logits += columns) {
    if (group != 0 && row % group == 0) {
      weight = weight_of(labels + row, group, ignored);
    }
    if (labels[row] == ignored) {
      if (gradient == NULL) continue;
      memset(gradient, 0, 4 * (size_t)columns);
      gradient += columns;
      continue;
    }
    const double highest = largest(logits, columns);
    // Read before the gradient is written, which may stand in the logits' place.
    const double label_logit = logits[labels[row]];
    const double below = smoothing == 0 ? 0 : share * sum_below(logits, columns, highest);
    const double exponential_sum = exponentials(gradient, logits, columns, highest);
    total += weight * (log64(exponential_sum) - (1 - smoothing) * (label_logit - highest) - below);
    if (gradient == NULL) continue;
    divide_row(gradient, columns, exponential_sum);
    gradient[labels[row]] -= (float)(1 - smoothing);
    if (share != 0 || weight != 1) {
      const float shares = (float)share, weights = (float)weight;
      EACH(i, columns) gradient[i] = (gradient[i] - shares) * weights;
    }
    gradient += columns;
  }
  memcpy(sum, &total, sizeof total);
}
