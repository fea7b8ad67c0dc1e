// Lion (X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2). One pass over
// parameters, gradient and state; never fused, in either profile.

import { notFinite } from './internal/arithmetic';
import { leastMean } from './internal/least';

/**
 * g = gradientSum * scale;  u = sign(beta1 * m + (1 − beta1) * g);  m = beta2 * m + (1 − beta2) * g;
 * p = p * (1 − learningRate * weightDecay) − learningRate * u. A momentum near zero becomes 0. Returns 1 if all parameters
 * and momenta are finite afterwards, else 0.
 */
export function lion(
  parameters: usize, gradientSum: usize, momentum: usize, elements: i32, scale: f32, learningRate: f64, beta1: f64,
  beta2: f64, weightDecay: f64,
): i32 {
  const rate = <f32>learningRate, shrink = <f32>(1 - learningRate * weightDecay);
  const keep1 = <f32>beta1, take1 = <f32>(1 - beta1);
  const keep2 = <f32>beta2, take2 = <f32>(1 - beta2);
  const end = parameters + (<usize>elements << 2);
  const rates = f32x4.splat(rate), zero = f32x4.splat(0);
  let bad = f32x4.splat(0);
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16, momentum += 16) {
    const g = f32x4.mul(v128.load(gradientSum), f32x4.splat(scale));
    const m = v128.load(momentum);
    const direction = f32x4.add(f32x4.mul(f32x4.splat(keep1), m), f32x4.mul(f32x4.splat(take1), g));
    const next = f32x4.add(f32x4.mul(f32x4.splat(keep2), m), f32x4.mul(f32x4.splat(take2), g));
    const kept = v128.andnot(next, f32x4.lt(f32x4.abs(next), f32x4.splat(leastMean))); // a NaN stays
    v128.store(momentum, kept);
    const moved = f32x4.sub(v128.and(rates, f32x4.gt(direction, zero)), v128.and(rates, f32x4.lt(direction, zero)));
    const updated = f32x4.sub(f32x4.mul(v128.load(parameters), f32x4.splat(shrink)), moved);
    bad = v128.or(bad, v128.or(notFinite(updated), notFinite(kept)));
    v128.store(parameters, updated);
  }
  let badScalar = false;
  for (; parameters < end; parameters += 4, gradientSum += 4, momentum += 4) {
    const g = load<f32>(gradientSum) * scale;
    const m = load<f32>(momentum);
    const direction = keep1 * m + take1 * g;
    const next = keep2 * m + take2 * g;
    const kept: f32 = Mathf.abs(next) < leastMean ? 0 : next;
    store<f32>(momentum, kept);
    const moved: f32 = direction > 0 ? rate : direction < 0 ? -rate : 0;
    const updated = load<f32>(parameters) * shrink - moved;
    badScalar = badScalar || updated - updated != 0 || kept - kept != 0;
    store<f32>(parameters, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
