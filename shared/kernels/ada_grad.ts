// AdaGrad (J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
// JMLR 2011, section 1.1) as in PyTorch. One pass over parameters, gradient and state; never fused, in either profile.

import { notFinite } from './internal/arithmetic';

/**
 * g = gradientSum * scale + weightDecay * p;  v = v + g²;  p −= learningRate * g / (√v + epsilon). Returns 1 if all parameters
 * and sums of squares are finite afterwards, else 0.
 */
export function adaGrad(
  parameters: usize, gradientSum: usize, squareSum: usize, elements: i32, scale: f32, learningRate: f32, epsilon: f32,
  weightDecay: f32,
): i32 {
  const end = parameters + (<usize>elements << 2);
  let bad = f32x4.splat(0);
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16, squareSum += 16) {
    const p = v128.load(parameters);
    let g = f32x4.mul(v128.load(gradientSum), f32x4.splat(scale));
    if (weightDecay != 0) g = f32x4.add(g, f32x4.mul(f32x4.splat(weightDecay), p));
    const v = f32x4.add(v128.load(squareSum), f32x4.mul(g, g));
    v128.store(squareSum, v);
    const u = f32x4.div(g, f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)));
    const updated = f32x4.sub(p, f32x4.mul(f32x4.splat(learningRate), u));
    bad = v128.or(bad, v128.or(notFinite(updated), notFinite(v)));
    v128.store(parameters, updated);
  }
  let badScalar = false;
  for (; parameters < end; parameters += 4, gradientSum += 4, squareSum += 4) {
    const p = load<f32>(parameters);
    let g = load<f32>(gradientSum) * scale;
    if (weightDecay != 0) g = g + weightDecay * p;
    const v = load<f32>(squareSum) + g * g;
    store<f32>(squareSum, v);
    const updated = p - learningRate * (g / (sqrt<f32>(v) + epsilon));
    badScalar = badScalar || updated - updated != 0 || v - v != 0;
    store<f32>(parameters, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
