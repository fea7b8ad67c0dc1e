// Clipping by global norm (R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks",
// ICML 2013, algorithm 1) as in PyTorch. Never fused, in either profile.

/** Keeps a norm near zero from being divided by. */
const margin: f64 = 1e-6;

function upperHalf(lanes: v128): v128 {
  return i64x2.shuffle(lanes, lanes, 1, 1);
}

/**
 * Scales the gradient sum in place so that the norm of its mean, gradientSum * scale over all elements, is at most
 * `largest`: by largest / (norm + 1e-6) where that is below 1. The squares are summed in f64: of every eight elements
 * each goes into a sum of its own; these are added up in order, and what is left over of eight behind them.
 */
export function clipNorm(gradientSum: usize, elements: i32, scale: f64, largest: f64): void {
  const end = gradientSum + (<usize>elements << 2);
  const whole = gradientSum + (<usize>(elements & ~7) << 2);
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  let at = gradientSum;
  for (; at < whole; at += 32) {
    const low = v128.load(at), high = v128.load(at, 16);
    const x0 = f64x2.promote_low_f32x4(low), x1 = f64x2.promote_low_f32x4(upperHalf(low));
    const x2 = f64x2.promote_low_f32x4(high), x3 = f64x2.promote_low_f32x4(upperHalf(high));
    s0 = f64x2.add(s0, f64x2.mul(x0, x0));
    s1 = f64x2.add(s1, f64x2.mul(x1, x1));
    s2 = f64x2.add(s2, f64x2.mul(x2, x2));
    s3 = f64x2.add(s3, f64x2.mul(x3, x3));
  }
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1) + f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1)
    + f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1) + f64x2.extract_lane(s3, 0) + f64x2.extract_lane(s3, 1);
  for (; at < end; at += 4) sum += <f64>load<f32>(at) * <f64>load<f32>(at);
  const factor = largest / (sqrt<f64>(sum) * scale + margin);
  if (factor >= 1) return; // A norm that is not a number goes on, and spoils the update, as it would without clipping.
  const factors = f32x4.splat(<f32>factor);
  for (; gradientSum + 16 <= end; gradientSum += 16) v128.store(gradientSum, f32x4.mul(v128.load(gradientSum), factors));
  for (; gradientSum < end; gradientSum += 4) store<f32>(gradientSum, load<f32>(gradientSum) * <f32>factor);
}
