// Optimizers: the twins of shared/kernels/sgd.ts, adam.ts, ada_grad.ts, rms_prop.ts and clipping.ts. Never fused, in either
// profile.

#include "elementwise.h"
#include "kernels.h"

/** What counts as 0 in an optimizer's state; see shared/kernels/internal/least.ts. */
static const float least_mean = 0x1p-100f, least_square = 0x1p-126f;

INLINE float magnitude(float x) { return __builtin_fabsf(x); }

KERNEL int32_t sgd(float *parameters, float *sum, float *velocity, int32_t elements, float scale, float rate,
                   float momentum, int32_t nesterov, float decay) {
  int32_t bad = 0;
  if (velocity == NULL) {
    EACH(i, elements) {
      const float p = parameters[i];
      float g = sum[i] * scale;
      if (decay != 0) g = g + decay * p;
      const float updated = p - rate * g;
      bad |= is_not_finite(updated);
      parameters[i] = updated;
    }
    return !bad;
  }
  EACH(i, elements) {
    const float p = parameters[i];
    float g = sum[i] * scale;
    if (decay != 0) g = g + decay * p;
    const float moved = momentum * velocity[i] + g;
    const float v = magnitude(moved) < least_mean ? 0 : moved;
    velocity[i] = v;
    const float updated = p - rate * (nesterov ? g + momentum * v : v);
    bad |= is_not_finite(updated);
    parameters[i] = updated;
  }
  return !bad;
}

/** base^exponent by squaring. */
static double power(double base, uint32_t exponent) {
  double result = 1;
  for (double square = base; exponent != 0; exponent >>= 1, square *= square) {
    if ((exponent & 1) != 0) result *= square;
  }
  return result;
}

KERNEL int32_t adam(float *parameters, float *sum, float *first, float *second, int32_t elements, float scale,
                    double learning_rate, double beta1, double beta2, float epsilon, double weight_decay,
                    int32_t decoupled, uint32_t step) {
  const float rate = (float)(learning_rate / (1 - power(beta1, step)));
  const float correction = (float)(1 / __builtin_sqrt(1 - power(beta2, step)));
  const float keep1 = (float)beta1, take1 = (float)(1 - beta1), keep2 = (float)beta2, take2 = (float)(1 - beta2);
  const float shrink = (float)(decoupled ? 1 - learning_rate * weight_decay : 1);
  const float decay = (float)(decoupled ? 0 : weight_decay);
  int32_t bad = 0;
  EACH(i, elements) {
    const float p = parameters[i];
    float g = sum[i] * scale;
    if (decay != 0) g = g + decay * p;
    const float m = keep1 * first[i] + take1 * g;
    const float m0 = magnitude(m) < least_mean ? 0 : m;
    first[i] = m0;
    const float v = keep2 * second[i] + take2 * (g * g);
    const float v0 = v < least_square ? 0 : v;
    second[i] = v0;
    const float updated = p * shrink - rate * (m0 / (__builtin_sqrtf(v0) * correction + epsilon));
    bad |= is_not_finite(updated) | is_not_finite(v0);
    parameters[i] = updated;
  }
  return !bad;
}

KERNEL int32_t adaGrad(float *parameters, float *sum, float *squares, int32_t elements, float scale, float rate,
                       float epsilon, float decay) {
  int32_t bad = 0;
  EACH(i, elements) {
    const float p = parameters[i];
    float g = sum[i] * scale;
    if (decay != 0) g = g + decay * p;
    const float v = squares[i] + g * g;
    squares[i] = v;
    const float updated = p - rate * (g / (__builtin_sqrtf(v) + epsilon));
    bad |= is_not_finite(updated) | is_not_finite(v);
    parameters[i] = updated;
  }
  return !bad;
}

KERNEL int32_t rmsProp(float *parameters, float *sum, float *squares, float *mean, float *velocity, int32_t elements,
                       float scale, float rate, double decay, float epsilon, float momentum, float weight_decay) {
  const float keep = (float)decay, take = (float)(1 - decay);
  int32_t bad = 0;
  EACH(i, elements) {
    const float p = parameters[i];
    float g = sum[i] * scale;
    if (weight_decay != 0) g = g + weight_decay * p;
    const float square = keep * squares[i] + take * (g * g);
    const float v = square < least_square ? 0 : square;
    squares[i] = v;
    float spread = v;
    if (mean != NULL) {
      const float moved = keep * mean[i] + take * g;
      const float a = magnitude(moved) < least_mean ? 0 : moved;
      mean[i] = a;
      const float variance = v - a * a;
      spread = variance <= 0 ? 0 : variance;
    }
    float u = g / (__builtin_sqrtf(spread) + epsilon);
    if (velocity != NULL) {
      const float moved = momentum * velocity[i] + u;
      u = magnitude(moved) < least_mean ? 0 : moved;
      velocity[i] = u;
    }
    const float updated = p - rate * u;
    bad |= is_not_finite(updated) | is_not_finite(v);
    parameters[i] = updated;
  }
  return !bad;
}

/** Sums of squares that run side by side. */
#define SUMS 8

KERNEL void clipNorm(float *sum, int32_t elements, double scale, double largest) {
  double sums[SUMS] = {0}, total = 0;
  int32_t at = 0;
  for (; at + SUMS <= elements; at += SUMS) {
    UNROLL for (int lane = 0; lane < SUMS; lane++) sums[lane] += (double)sum[at + lane] * (double)sum[at + lane];
  }
  for (int lane = 0; lane < SUMS; lane++) total += sums[lane];
  for (; at < elements; at++) total += (double)sum[at] * (double)sum[at];
  const double factor = largest / (__builtin_sqrt(total) * scale + 1e-6);
  // A norm that is not a number goes on, and spoils the update, as it would without clipping.
  if (factor >= 1) return;
  EACH(i, elements) sum[i] *= (float)factor;
}
