// RMSProp (T. Hinton, "Neural networks for machine learning", lecture 6e, 2012) with momentum and, where it is centred,
// the variance in place of the mean square (A. Graves, "Generating sequences with recurrent neural networks", 2013,
// equations 38 to 41), as in PyTorch. One pass over parameters, gradient and state; never fused, in either profile.

import { notFinite } from './internal/arithmetic';
import { leastMean, leastSquare } from './internal/least';
import { OptionalPointer } from './internal/pointer';

/**
 * g = gradientSum * scale + weightDecay * p;  v = decay * v + (1 − decay) * g²;  with a mean a: a = decay * a + (1 − decay) * g
 * and v − a² in the place of v;  u = g / (√v + epsilon);  with a velocity b: b = momentum * b + u;
 * p −= learningRate * (b or u). Values of the state near zero become 0. Returns 1 if all parameters and mean squares are
 * finite afterwards, else 0.
 */
export function rmsProp(
  parameters: usize, gradientSum: usize, meanSquare: usize, mean: OptionalPointer, velocity: OptionalPointer,
  elements: i32, scale: f32, learningRate: f32, decay: f64, epsilon: f32, momentum: f32, weightDecay: f32,
): i32 {
  const keep = <f32>decay, take = <f32>(1 - decay);
  const end = parameters + (<usize>elements << 2);
  let bad = f32x4.splat(0);
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16, meanSquare += 16) {
    const p = v128.load(parameters);
    let g = f32x4.mul(v128.load(gradientSum), f32x4.splat(scale));
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(f32x4.splat(weightDecay), p));
    const squares = f32x4.mul(f32x4.splat(take), f32x4.mul(g, g));
    const sum = f32x4.add(f32x4.mul(f32x4.splat(keep), v128.load(meanSquare)), squares);
    const v = v128.andnot(sum, f32x4.lt(sum, f32x4.splat(leastSquare)));
    v128.store(meanSquare, v);
    let spread = v;
    if (mean != 0) {
      const moved = f32x4.add(f32x4.mul(f32x4.splat(keep), v128.load(mean)), f32x4.mul(f32x4.splat(take), g));
      const a = v128.andnot(moved, f32x4.lt(f32x4.abs(moved), f32x4.splat(leastMean))); // a NaN stays
      v128.store(mean, a);
      // Rounding can make a variance of nothing negative.
      spread = f32x4.max(f32x4.sub(v, f32x4.mul(a, a)), f32x4.splat(0));
      mean += 16;
    }
    let u = f32x4.div(g, f32x4.add(f32x4.sqrt(spread), f32x4.splat(epsilon)));
    if (velocity != 0) {
      const moved = f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(velocity)), u);
      u = v128.andnot(moved, f32x4.lt(f32x4.abs(moved), f32x4.splat(leastMean)));
      v128.store(velocity, u);
      velocity += 16;
    }
    const updated = f32x4.sub(p, f32x4.mul(f32x4.splat(learningRate), u));
    bad = v128.or(bad, v128.or(notFinite(updated), notFinite(v)));
    v128.store(parameters, updated);
  }
  let badScalar = false;
  for (; parameters < end; parameters += 4, gradientSum += 4, meanSquare += 4) {
    const p = load<f32>(parameters);
    let g = load<f32>(gradientSum) * scale;
    if (weightDecay != 0) g = g + weightDecay * p;
    const sum = keep * load<f32>(meanSquare) + take * (g * g);
    const v: f32 = sum < leastSquare ? 0 : sum;
    store<f32>(meanSquare, v);
    let spread = v;
    if (mean != 0) {
      const moved = keep * load<f32>(mean) + take * g;
      const a: f32 = Mathf.abs(moved) < leastMean ? 0 : moved;
      store<f32>(mean, a);
      spread = max<f32>(v - a * a, 0);
      mean += 4;
    }
    let u = g / (sqrt<f32>(spread) + epsilon);
    if (velocity != 0) {
      const moved = momentum * load<f32>(velocity) + u;
      u = Mathf.abs(moved) < leastMean ? 0 : moved;
      store<f32>(velocity, u);
      velocity += 4;
    }
    const updated = p - learningRate * u;
    badScalar = badScalar || updated - updated != 0 || v - v != 0;
    store<f32>(parameters, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
