// Running statistics on flat vectors. Never fused, in either profile.

import { notFinite } from './internal/arithmetic';

/**
 * state = (1 − momentum) * state + momentum * mean, where mean = sum * (1 / samples): an exponential moving average of
 * means. Returns 1 if all updated values are finite, else 0.
 */
export function movingAverage(state: usize, sum: usize, elements: i32, samples: i32, momentum: f32): i32 {
  // Computed here: a fraction that JavaScript computes at each step would be boxed on its way.
  const scale = <f32>(1.0 / <f64>samples);
  const end = state + (<usize>elements << 2);
  const kept: f32 = 1 - momentum;
  const scales = f32x4.splat(scale);
  const momenta = f32x4.splat(momentum);
  const keeps = f32x4.splat(kept);
  let bad = f32x4.splat(0);
  for (; state + 16 <= end; state += 16, sum += 16) {
    const mean = f32x4.mul(v128.load(sum), scales);
    const updated = f32x4.add(f32x4.mul(keeps, v128.load(state)), f32x4.mul(momenta, mean));
    bad = v128.or(bad, notFinite(updated));
    v128.store(state, updated);
  }
  let badScalar = false;
  for (; state < end; state += 4, sum += 4) {
    const updated = kept * load<f32>(state) + momentum * (load<f32>(sum) * scale);
    badScalar = badScalar || updated - updated != 0;
    store<f32>(state, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
