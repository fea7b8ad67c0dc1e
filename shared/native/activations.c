// Activations in f64, rounded once: the twins of shared/kernels/transcendental.ts, and SiLU's of activations.ts.

#include "functions.h"
#include "kernels.h"

KERNEL void exp(float *output, float *input, int32_t elements) {
  EACH(i, elements) output[i] = (float)exp64(input[i]);
}

KERNEL void tanh(float *output, float *input, int32_t elements) {
  EACH(i, elements) output[i] = (float)tanh64(input[i]);
}

KERNEL void sigmoid(float *output, float *input, int32_t elements) {
  EACH(i, elements) output[i] = (float)sigmoid64(input[i]);
}

KERNEL void silu(float *output, float *input, int32_t elements) {
  EACH(i, elements) {
    const double x = input[i];
    output[i] = (float)(x * sigmoid64(x));
  }
}

KERNEL void siluGradient(float *gradient, float *output_gradient, float *input, int32_t elements) {
  EACH(i, elements) {
    const double x = input[i], s = sigmoid64(x);
    gradient[i] = (float)(output_gradient[i] * (s + x * (s * (1 - s))));
  }
}
