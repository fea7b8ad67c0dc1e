// e^x in f32: the twin of `expBlock` in shared/kernels/internal/lanes.ts, whose comments say how.

#ifndef EXPONENTIAL_H
#define EXPONENTIAL_H

#include "elementwise.h"

/** A constant as WebAssembly has it: written in f64, rounded to f32. */
#define F32(x) ((float)(x))

INLINE float exp32(float x) {
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

#endif
