// GELU in its tanh form: the twin of shared/kernels/gelu.ts, whose comments say how and why; e^x is that of
// shared/kernels/internal/lanes.ts.

#include "elementwise.h"
#include "kernels.h"

/** A constant as WebAssembly has it: written in f64, rounded to f32. */
#define F32(x) ((float)(x))

INLINE float exp_lane(float x) {
  const float above = x < F32(-88) ? F32(-88) : x;
  const float bounded = F32(88) < above ? F32(88) : above;
  const float middle = F32(12582912);
  const float shifted = multiply_add(bounded, F32(1.44269504), middle);
  const float n = shifted - middle;
  float r = multiply_add(n, F32(-0.693359375), bounded);
  r = multiply_add(n, F32(2.12194440e-4), r);
  float p = F32(1.9875691500e-4);
  p = multiply_add(p, r, F32(1.3981999507e-3));
  p = multiply_add(p, r, F32(8.3334519073e-3));
  p = multiply_add(p, r, F32(4.1665795894e-2));
  p = multiply_add(p, r, F32(1.6666665459e-1));
  p = multiply_add(p, r, F32(5.0000001201e-1));
  p = multiply_add(p, r * r, r) + 1;
  const int32_t power = (int32_t)((uint32_t)bits_of(shifted) << 23) + bits_of(1);
  return x < F32(-87) ? 0 : p * of_bits(power);
}

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
    const float e = exp_lane(with_sign(z));
    const float numerator = bits_of(z) < 0 ? e : 1;
    output[i] = x * (numerator / (1 + e));
  }
}

KERNEL void geluGradient(float *gradient, float *output_gradient, float *input, int32_t elements) {
  EACH(i, elements) {
    const float x = input[i];
    const float bend = bend_of(x);
    const float z = x * (F32(1.5957691) + bend);
    const float e = exp_lane(with_sign(z));
    const float inverse = 1 / (1 + e);
    const float sigmoid = (bits_of(z) < 0 ? e : 1) * inverse;
    const float inner = x * (F32(1.5957691) + 3 * bend);
    const float slope = sigmoid + e * inverse * inverse * inner;
    gradient[i] = output_gradient[i] * slope;
  }
}
