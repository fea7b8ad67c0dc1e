// Optimizers on flat vectors: one pass over parameters, gradient and state. Never fused, in either profile.

export function sgd(
  parameters: usize, gradientSum: usize, velocity: usize, elements: i32, scale: f32, learningRate: f32, momentum: f32,
  nesterov: i32, weightDecay: f32,
): void {
  const end = parameters + (<usize>elements << 2);
  const scales = f32x4.splat(scale);
  const rates = f32x4.splat(learningRate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(weightDecay);
  const decaying = weightDecay != 0;
  for (; parameters + 16 <= end; parameters += 16, gradientSum += 16) {
    const p = v128.load(parameters);
    let g = f32x4.mul(v128.load(gradientSum), scales);
    if (decaying) g = f32x4.add(g, f32x4.mul(decays, p));
    if (velocity != 0) {
      const v = f32x4.add(f32x4.mul(momenta, v128.load(velocity)), g);
      v128.store(velocity, v);
      g = nesterov ? f32x4.add(g, f32x4.mul(momenta, v)) : v;
      velocity += 16;
    }
    v128.store(parameters, f32x4.sub(p, f32x4.mul(rates, g)));
  }
  for (; parameters < end; parameters += 4, gradientSum += 4) {
    const p = load<f32>(parameters);
    let g = load<f32>(gradientSum) * scale;
    if (decaying) g = g + weightDecay * p;
    if (velocity != 0) {
      const v = momentum * load<f32>(velocity) + g;
      store<f32>(velocity, v);
      g = nesterov ? g + momentum * v : v;
      velocity += 4;
    }
    store<f32>(parameters, p - learningRate * g);
  }
}
