// Vectors of f32 lanes, and the arithmetic in which the numerics profiles differ: the twin of
// shared/kernels/internal/arithmetic.ts for vectors of whatever width an instruction set has.
//
// What a lane computes never depends on how many there are beside it; that is why all instruction sets give the same bits.

#ifndef LANES_H
#define LANES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

// Without it the tiles' loops stay loops, and their sums leave the registers: a thirtieth of the speed.
#define UNROLL _Pragma("GCC unroll 16")

/** Every pointer is a multiple of 4, unless a kernel says otherwise. */
#define LANES(count, bytes)                                                                       \
  typedef float v##count __attribute__((vector_size(bytes)));                                     \
  typedef float v##count##_at __attribute__((vector_size(bytes), aligned(4), may_alias));         \
  typedef int32_t i##count __attribute__((vector_size(bytes)));                                   \
  INLINE v##count load##count(const void *from) { return *(const v##count##_at *)from; }          \
  INLINE void store##count(void *to, v##count x) { *(v##count##_at *)to = x; }                    \
  /* The larger of x and zero; NaN stays NaN, and −0 stays −0. */                                 \
  INLINE v##count relu##count(v##count x) {                                                       \
    return (v##count)((i##count)x & ~(i##count)(x < (v##count){0}));                              \
  }

typedef float float_at __attribute__((aligned(4), may_alias));

LANES(4, 16)
INLINE v4 splat4(float x) { return (v4){x, x, x, x}; }

/** a * b + c: two roundings in the portable profile, one in the fused. */
INLINE v4 multiply_add4(v4 a, v4 b, v4 c) {
#if !FUSED
  return c + a * b;
#elif defined(__x86_64__)
  return _mm_fmadd_ps(a, b, c);
#else
  return vfmaq_f32(c, a, b);
#endif
}

/** a < b ? b : a in each lane: a where either is NaN. */
INLINE v4 larger4(v4 a, v4 b) {
#if defined(__x86_64__)
  return _mm_max_ps(b, a);
#else
  const i4 is_less = a < b;
  return (v4)(((i4)b & is_less) | ((i4)a & ~is_less));
#endif
}

#ifdef __AVX2__
LANES(8, 32)
INLINE v8 splat8(float x) { return (v8){x, x, x, x, x, x, x, x}; }
INLINE v8 multiply_add8(v8 a, v8 b, v8 c) {
#if FUSED
  return _mm256_fmadd_ps(a, b, c);
#else
  return c + a * b;
#endif
}
#endif

#ifdef __AVX512F__
LANES(16, 64)
INLINE v16 splat16(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE v16 multiply_add16(v16 a, v16 b, v16 c) {
#if FUSED
  return _mm512_fmadd_ps(a, b, c);
#else
  return c + a * b;
#endif
}
#endif

#endif
