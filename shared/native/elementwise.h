// Loops over elements that the compiler turns into vectors: each computes alone what WebAssembly's lane computes, so that it
// does not matter how many pass together.

#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include <string.h>

#include "lanes.h"

/** An output may be an input, element by element; it never overlaps otherwise. */
#define EACH(i, count) _Pragma("GCC ivdep") for (ptrdiff_t i = 0; i < (ptrdiff_t)(count); i++)

INLINE int32_t bits_of(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

INLINE float of_bits(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/** a * b + c: two roundings in the portable profile, one in the fused. */
INLINE float multiply_add(float a, float b, float c) {
#if FUSED
  return __builtin_fmaf(a, b, c);
#else
  return c + a * b;
#endif
}

/** Whether x is an infinity or NaN: x − x is 0 for any other. */
INLINE int32_t is_not_finite(float x) { return !(x - x == 0); }

#endif
