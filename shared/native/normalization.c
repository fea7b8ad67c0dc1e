// Normalization of rows: the twins of shared/kernels/normalization.ts. The sums along a row are one chain in f64, which waits
// for each addition, so that several rows are summed up at once.

#include "elementwise.h"
#include "kernels.h"

/** Rows whose chains run side by side. */
#define ABREAST 8

struct sums {
  double first[ABREAST], second[ABREAST];
};

/** Means of rows, and the sums of the squares of what is left. */
INLINE void row_moments(struct sums *sums, const int abreast, const float *input, int32_t columns, int32_t centred) {
  for (int row = 0; row < abreast; row++) sums->first[row] = sums->second[row] = 0;
  if (centred) {
    for (int32_t column = 0; column < columns; column++) {
      UNROLL for (int row = 0; row < abreast; row++) sums->first[row] += input[(ptrdiff_t)row * columns + column];
    }
    for (int row = 0; row < abreast; row++) sums->first[row] /= columns;
  }
  for (int32_t column = 0; column < columns; column++) {
    UNROLL for (int row = 0; row < abreast; row++) {
      const double difference = input[(ptrdiff_t)row * columns + column] - sums->first[row];
      sums->second[row] += difference * difference;
    }
  }
}

KERNEL void normalizeRows(float *output, float *normalized, float *factors, float *input, float *gain, float *bias,
                          int32_t rows, int32_t columns, double epsilon, int32_t centred) {
  for (int32_t row = 0; row < rows;) {
    const int abreast = row + ABREAST <= rows ? ABREAST : 1;
    struct sums sums;
    if (abreast == ABREAST) row_moments(&sums, ABREAST, input, columns, centred);
    else row_moments(&sums, 1, input, columns, centred);
    for (int at = 0; at < abreast; at++, row++, input += columns, normalized += columns, output += columns) {
      const double mean = sums.first[at], factor = 1 / __builtin_sqrt(sums.second[at] / columns + epsilon);
      factors[row] = (float)factor;
      if (bias == NULL) {
        EACH(i, columns) {
          const float value = (float)((input[i] - mean) * factor);
          normalized[i] = value;
          output[i] = value * gain[i];
        }
      } else {
        EACH(i, columns) {
          const float value = (float)((input[i] - mean) * factor);
          normalized[i] = value;
          output[i] = value * gain[i] + bias[i];
        }
      }
    }
  }
}

/** Sums of d = gradient * gain, and of d * normalized. */
INLINE void gradient_sums(struct sums *sums, const int abreast, const float *gradient, const float *normalized,
                          const float *gain, int32_t columns) {
  for (int row = 0; row < abreast; row++) sums->first[row] = sums->second[row] = 0;
  for (int32_t column = 0; column < columns; column++) {
    const double g = gain[column];
    UNROLL for (int row = 0; row < abreast; row++) {
      const ptrdiff_t at = (ptrdiff_t)row * columns + column;
      const double d = gradient[at] * g;
      sums->first[row] += d;
      sums->second[row] += d * normalized[at];
    }
  }
}

KERNEL void normalizeRowsGradient(float *gradient, float *output_gradient, float *normalized, float *factors, float *gain,
                                  int32_t rows, int32_t columns, int32_t centred) {
  for (int32_t row = 0; row < rows;) {
    const int abreast = row + ABREAST <= rows ? ABREAST : 1;
    struct sums sums;
    if (abreast == ABREAST) gradient_sums(&sums, ABREAST, output_gradient, normalized, gain, columns);
    else gradient_sums(&sums, 1, output_gradient, normalized, gain, columns);
    for (int at = 0; at < abreast; at++, row++, gradient += columns, output_gradient += columns, normalized += columns) {
      const double mean = centred ? sums.first[at] / columns : 0, projected = sums.second[at] / columns;
      const double factor = factors[row];
      EACH(i, columns) {
        const double d = (double)output_gradient[i] * (double)gain[i];
        gradient[i] = (float)(factor * (d - mean - normalized[i] * projected));
      }
    }
  }
}
