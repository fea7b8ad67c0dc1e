// GELU in its tanh form: the twin of shared/kernels/gelu.ts, whose comments say how and why.

#include "exponential.h"
#include "kernels.h"

/** 0.071354816 x², of a square of at most 1e4. */
INLINE float bend_of(float x) {
  const float square = x * x;
  return F32(0.071354816) * (F32(1e4) < square ? F32(1e4) : square);
}

INLINE float with_sign(float x) { return of_bits(bits_of(x) | INT32_MIN); }

KERNEL void gelu(float *output, float *input, int32_t elements) {
  EACH(i, elements) {
    const float x = input[i];
    const float z = x * (F32(1.5957691) + bend_of(x));
    const float e = exp32(with_sign(z));
    const float numerator = bits_of(z) < 0 ? e : 1;
    output[i] = x * (numerator / (1 + e));
  }
}

KERNEL void geluGradient(float *gradient, float *output_gradient, float *input, int32_t elements) {
  EACH(i, elements) {
    const float x = input[i];
    const float bend = bend_of(x);
    const float z = x * (F32(1.5957691) + bend);
    const float e = exp32(with_sign(z));
    const float inverse = 1 / (1 + e);
    const float sigmoid = (bits_of(z) < 0 ? e : 1) * inverse;
    const float inner = x * (F32(1.5957691) + 3 * bend);
    const float slope = sigmoid + e * inverse * inverse * inner;
    gradient[i] = output_gradient[i] * slope;
  }
}
