// Passes over elements: the twins of kernels of shared/kernels/elementwise.ts and products.ts.

#include "elementwise.h"
#include "kernels.h"
#include "products.h"

KERNEL void add(float *output, float *left, float *right, int32_t elements) {
  EACH(i, elements) output[i] = left[i] + right[i];
}

KERNEL void multiply(float *output, float *left, float *right, int32_t elements) {
  EACH(i, elements) output[i] = left[i] * right[i];
}

KERNEL void scale(float *output, float *input, int32_t elements, float factor, float offset) {
  EACH(i, elements) output[i] = input[i] * factor + offset;
}

KERNEL void scaleBytes(float *output, float *input, int32_t elements, float factor, float offset) {
  const uint8_t *bytes = (const uint8_t *)input;
  EACH(i, elements) output[i] = (float)bytes[i] * factor + offset;
}

KERNEL void addBias(float *output, float *input, float *bias, int32_t rows, int32_t columns, int32_t epilogue) {
  for (int32_t row = 0; row < rows; row++, input += columns, output += columns) {
    if (epilogue == RELU_EPILOGUE) {
      EACH(i, columns) {
        const float sum = input[i] + bias[i];
        output[i] = sum < 0 ? 0 : sum;
      }
    } else {
      EACH(i, columns) output[i] = input[i] + bias[i];
    }
  }
}

KERNEL void relu(float *output, float *input, int32_t elements) {
  EACH(i, elements) output[i] = input[i] < 0 ? 0 : input[i];
}

KERNEL void reluGradient(float *gradient, float *output_gradient, float *output, int32_t elements) {
  EACH(i, elements) gradient[i] = output[i] > 0 ? output_gradient[i] : 0;
}

KERNEL void sigmoidGradient(float *gradient, float *output_gradient, float *output, int32_t elements) {
  EACH(i, elements) gradient[i] = output_gradient[i] * (output[i] * (1 - output[i]));
}

KERNEL void tanhGradient(float *gradient, float *output_gradient, float *output, int32_t elements) {
  EACH(i, elements) gradient[i] = output_gradient[i] * (1 - output[i] * output[i]);
}

KERNEL int32_t allFinite(float *input, int32_t elements) {
  int32_t bad = 0;
  EACH(i, elements) bad |= is_not_finite(input[i]);
  return !bad;
}

/** Columns that are summed up together: their sums stay in registers. */
#define TOGETHER 64

INLINE void sum_columns(float *sums, const float *input, int32_t rows, int32_t stride, int32_t columns) {
  float together[TOGETHER];
  for (int32_t i = 0; i < columns; i++) together[i] = input[i];
  for (int32_t row = 1; row < rows; row++) {
    input += stride;
    for (int32_t i = 0; i < columns; i++) together[i] += input[i];
  }
  for (int32_t i = 0; i < columns; i++) sums[i] = together[i];
}

KERNEL void sumRows(float *sums, float *input, int32_t rows, int32_t columns) {
  int32_t column = 0;
  for (; column + TOGETHER <= columns; column += TOGETHER) {
    sum_columns(sums + column, input + column, rows, columns, TOGETHER);
  }
  for (; column + 16 <= columns; column += 16) sum_columns(sums + column, input + column, rows, columns, 16);
  for (; column + 4 <= columns; column += 4) sum_columns(sums + column, input + column, rows, columns, 4);
  if (column < columns) sum_columns(sums + column, input + column, rows, columns, columns - column);
}
