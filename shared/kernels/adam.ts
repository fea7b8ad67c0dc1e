// Adam (D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1) with weight decay as
// part of the gradient or decoupled from it (I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR
// 2019, algorithm 2). One pass over parameters, gradient and state; never fused, in either profile.

import { notFinite } from './internal/arithmetic';
import { leastMean, leastSquare } from './internal/least';

/** base^exponent by squaring: the same multiplications, in the same order, for the same exponent. */
function power(base: f64, exponent: u32): f64 {
  let result: f64 = 1;
  for (let square = base; exponent != 0; exponent >>= 1, square *= square) {
    if ((exponent & 1) != 0) result *= square;
  }
  return result;
}

/**
 * g = gradientSum * scale (+ weightDecay * p, if not decoupled);  m = beta1 * m + (1 − beta1) * g;
 * v = beta2 * v + (1 − beta2) * g²;  p = p (* (1 − learningRate * weightDecay), if decoupled)
 * − learningRate / (1 − beta1^step) * m / (√v / √(1 − beta2^step) + epsilon). As in PyTorch's Adam and AdamW, but for
 * moments near zero, which become 0. `step` counts from 1. Returns 1 if all parameters and moments are finite
 * afterwards, else 0.
 */
export function adam(
  parameters: usize, gradientSum: usize, firstMoment: usize, secondMoment: usize, elements: i32, scale: f32,
  learningRate: f64, beta1: f64, beta2: f64, epsilon: f32, weightDecay: f64, decoupled: i32, step: u32,
): i32 {
  // What depends on the step is computed in f64 and rounded once.
  const rate = <f32>(learningRate / (1 - power(beta1, step)));
  const correction = <f32>(1 / sqrt<f64>(1 - power(beta2, step)));
  const keep1 = <f32>beta1, take1 = <f32>(1 - beta1);
  const keep2 = <f32>beta2, take2 = <f32>(1 - beta2);
  const shrink = <f32>(decoupled ? 1 - learningRate * weightDecay : 1);
  const decay = <f32>(decoupled ? 0 : weightDecay);
  const end = parameters + (<usize>elements << 2);
  let bad = f32x4.splat(0);
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16, firstMoment += 16, secondMoment += 16) {
    const p = v128.load(parameters);
    let g = f32x4.mul(v128.load(gradientSum), f32x4.splat(scale));
    if (decay != 0) g = f32x4.add(g, f32x4.mul(f32x4.splat(decay), p));
    const m = f32x4.add(f32x4.mul(f32x4.splat(keep1), v128.load(firstMoment)), f32x4.mul(f32x4.splat(take1), g));
    const m0 = v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(leastMean))); // a NaN stays
    v128.store(firstMoment, m0);
    const squares = f32x4.mul(f32x4.splat(take2), f32x4.mul(g, g));
    const v = f32x4.add(f32x4.mul(f32x4.splat(keep2), v128.load(secondMoment)), squares);
    const v0 = v128.andnot(v, f32x4.lt(v, f32x4.splat(leastSquare)));
    v128.store(secondMoment, v0);
    const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(v0), f32x4.splat(correction)), f32x4.splat(epsilon));
    const moved = f32x4.mul(f32x4.splat(rate), f32x4.div(m0, divisor));
    const updated = f32x4.sub(f32x4.mul(p, f32x4.splat(shrink)), moved);
    bad = v128.or(bad, v128.or(notFinite(updated), notFinite(v0)));
    v128.store(parameters, updated);
  }
  let badScalar = false;
  for (; parameters < end; parameters += 4, gradientSum += 4, firstMoment += 4, secondMoment += 4) {
    const p = load<f32>(parameters);
    let g = load<f32>(gradientSum) * scale;
    if (decay != 0) g = g + decay * p;
    const m = keep1 * load<f32>(firstMoment) + take1 * g;
    const m0: f32 = Mathf.abs(m) < leastMean ? 0 : m;
    store<f32>(firstMoment, m0);
    const v = keep2 * load<f32>(secondMoment) + take2 * (g * g);
    const v0: f32 = v < leastSquare ? 0 : v;
    store<f32>(secondMoment, v0);
    const updated = p * shrink - rate * (m0 / (sqrt<f32>(v0) * correction + epsilon));
    badScalar = badScalar || updated - updated != 0 || v0 - v0 != 0;
    store<f32>(parameters, updated);
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
