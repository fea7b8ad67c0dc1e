// Stochastic gradient descent on flat vectors: one pass over parameters, gradient and state. Never fused, in either profile.

import { notFinite } from './internal/arithmetic';
import { leastMean } from './internal/least';
import { OptionalPointer } from './internal/pointer';

/**
 * g = gradientSum * scale + weightDecay * p;  v = momentum * v + g;  p −= learningRate * (nesterov ? g + momentum * v : v).
 * Without a velocity: p −= learningRate * g. As in PyTorch's SGD (dampening 0), but for a velocity below 2^-100 in
 * magnitude, which becomes 0. Returns 1 if all updated parameters are finite, else 0.
 */
export function sgd(
  parameters: usize, gradientSum: usize, velocity: OptionalPointer, elements: i32, scale: f32, learningRate: f32, momentum: f32,
  nesterov: i32, weightDecay: f32,
): i32 {
  const end = parameters + (<usize>elements << 2);
  const scales = f32x4.splat(scale);
  const rates = f32x4.splat(learningRate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(weightDecay);
  const decaying = weightDecay != 0;
  let bad = f32x4.splat(0);
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16) {
    const p = v128.load(parameters);
    let g = f32x4.mul(v128.load(gradientSum), scales);
    if (decaying) g = f32x4.add(g, f32x4.mul(decays, p));
    if (velocity != 0) {
      const moved = f32x4.add(f32x4.mul(momenta, v128.load(velocity)), g);
      const v = v128.andnot(moved, f32x4.lt(f32x4.abs(moved), f32x4.splat(leastMean))); // a NaN stays
      v128.store(velocity, v);
      g = nesterov ? f32x4.add(g, f32x4.mul(momenta, v)) : v;
      velocity += 16;
    }
    const updated = f32x4.sub(p, f32x4.mul(rates, g));
    bad = v128.or(bad, notFinite(updated));
    v128.store(parameters, updated);
  }
  let badScalar = false;
  for (; parameters < end; parameters += 4, gradientSum += 4) {
    const p = load<f32>(parameters);
    let g = load<f32>(gradientSum) * scale;
    if (decaying) g = g + weightDecay * p;
    if (velocity != 0) {
      const moved = momentum * load<f32>(velocity) + g;
      const v: f32 = Mathf.abs(moved) < leastMean ? 0 : moved;
      store<f32>(velocity, v);
      g = nesterov ? g + momentum * v : v;
      velocity += 4;
    }
    const updated = p - learningRate * g;
    badScalar = badScalar || updated - updated != 0;
    store<f32>(parameters, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
