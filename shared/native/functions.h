// exp, log, tanh and the logistic function in f64: the twins of shared/kernels/internal/functions.ts, operation for operation,
// written without branches where loops over elements are to become vectors.

#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <string.h>

#include "elementwise.h"

static const double log2_of_e = 1.4426950408889634;
static const double ln2_high = 0.6931471803691238, ln2_low = 1.9082149292705877e-10;

INLINE double of_bits64(int64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

INLINE double exp64(double x) {
  const double n = __builtin_rint(x * log2_of_e);
  const double r = x - n * ln2_high - n * ln2_low;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  // Where n is no small number, one of the other two is taken.
  const double inside = p * of_bits64((int64_t)((uint64_t)((int64_t)(int32_t)n + 1023) << 52));
  const double above = x > 700 ? __builtin_inf() : inside;
  return x < -700 ? 0 : above;
}

INLINE double log64(double x) {
  if (!(x > 0)) return x == 0 ? -__builtin_inf() : __builtin_nan("");
  if (x == __builtin_inf()) return x;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t k = (int32_t)(bits >> 52) - 1023;
  double m = of_bits64((int64_t)((bits & 0x000fffffffffffff) | 0x3ff0000000000000));
  if (m > 1.4142135623730951) {
    m *= 0.5;
    k += 1;
  }
  const double s = (m - 1) / (m + 1), z = s * s;
  double p = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  const double log_of_m = 2 * s + 2 * s * z * p;
  return k * ln2_high + (k * ln2_low + log_of_m);
}

INLINE double tanh64(double x) {
  const double z = x * x;
  const double series = x * (1 + z * (-1.0 / 3.0 + z * (2.0 / 15.0 + z * (-17.0 / 315.0))));
  const double whole = 1 - 2 / (exp64(2 * x) + 1);
  return __builtin_fabs(x) < 0.02 ? series : whole;
}

INLINE double sigmoid64(double x) { return 1 / (1 + exp64(-x)); }

#endif
