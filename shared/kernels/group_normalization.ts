// Group norm: images [pixels, channels] normalized sample by sample over all pixels of a group of channels (Y. Wu, K. He,
// "Group normalization", ECCV 2018). Sums run over pixels, then over the group's channels, in f64; what is stored is
// rounded once to f32. The same bits in both profiles.

/** output = (input − mean) * factor * gain + bias; mean and factor = 1 / √(variance + epsilon) of each sample's groups are left. */
export function normalizeGroups(
  output: usize, means: usize, factors: usize, input: usize, gain: usize, bias: usize, samples: i32, pixels: i32,
  channels: i32, groups: i32, epsilon: f64,
): void {
  const size = channels / groups;
  const bytes = <usize>channels << 2, groupBytes = <usize>size << 2;
  const count = <f64>pixels * <f64>size;
  for (let sample = 0; sample < samples; sample++) {
    for (let group: usize = 0; group < bytes; group += groupBytes, means += 4, factors += 4) {
      let sum: f64 = 0, squares: f64 = 0;
      let from = input + group;
      for (let pixel = 0; pixel < pixels; pixel++, from += bytes) {
        for (let at: usize = 0; at < groupBytes; at += 4) {
          const x = <f64>load<f32>(from + at);
          sum += x;
          squares += x * x;
        }
      }
      const mean = sum / count;
      // Squares of f32 are exact in f64, and so is the difference to 1e-16 of the mean square.
      const factor = <f32>(1 / sqrt<f64>(max<f64>(squares / count - mean * mean, 0) + epsilon));
      store<f32>(means, <f32>mean);
      store<f32>(factors, factor);
      from = input + group;
      let to = output + group;
      for (let pixel = 0; pixel < pixels; pixel++, from += bytes, to += bytes) {
        for (let at: usize = 0; at < groupBytes; at += 4) {
          const normalized = (load<f32>(from + at) - <f32>mean) * factor;
          store<f32>(to + at, normalized * load<f32>(gain + group + at) + load<f32>(bias + group + at));
        }
      }
    }
    input += <usize>pixels * bytes;
    output += <usize>pixels * bytes;
  }
}

/** gainGradient[channel] = Σ over samples, then pixels, of outputGradient * normalized. */
export function groupGainGradient(
  gainGradient: usize, outputGradient: usize, input: usize, means: usize, factors: usize, samples: i32, pixels: i32,
  channels: i32, groups: i32,
): void {
  const size = channels / groups;
  const bytes = <usize>channels << 2, groupBytes = <usize>size << 2;
  memory.fill(gainGradient, 0, bytes);
  for (let sample = 0; sample < samples; sample++) {
    for (let pixel = 0; pixel < pixels; pixel++, input += bytes, outputGradient += bytes) {
      let statistic: usize = 0;
      for (let group: usize = 0; group < bytes; group += groupBytes, statistic += 4) {
        const mean = load<f32>(means + statistic), factor = load<f32>(factors + statistic);
        for (let at = group; at < group + groupBytes; at += 4) {
          const product = load<f32>(outputGradient + at) * ((load<f32>(input + at) - mean) * factor);
          store<f32>(gainGradient + at, load<f32>(gainGradient + at) + product);
        }
      }
    }
    means += <usize>groups << 2;
    factors += <usize>groups << 2;
  }
}

/**
 * inputGradient = factor * (d − mean of d − normalized * mean of (d * normalized)) with d = outputGradient * gain, over each
 * sample's groups. It may be written over outputGradient.
 */
export function normalizeGroupsGradient(
  inputGradient: usize, outputGradient: usize, input: usize, means: usize, factors: usize, gain: usize, samples: i32,
  pixels: i32, channels: i32, groups: i32,
): void {
  const size = channels / groups;
  const bytes = <usize>channels << 2, groupBytes = <usize>size << 2;
  const count = <f64>pixels * <f64>size;
  for (let sample = 0; sample < samples; sample++) {
    for (let group: usize = 0; group < bytes; group += groupBytes, means += 4, factors += 4) {
      const mean = load<f32>(means), factor = load<f32>(factors);
      let sum: f64 = 0, product: f64 = 0;
      let line = group;
      for (let pixel = 0; pixel < pixels; pixel++, line += bytes) {
        for (let at: usize = 0; at < groupBytes; at += 4) {
          const d = <f64>load<f32>(outputGradient + line + at) * <f64>load<f32>(gain + group + at);
          sum += d;
          product += d * <f64>((load<f32>(input + line + at) - mean) * factor);
        }
      }
      const share = sum / count, slope = product / count;
      line = group;
      for (let pixel = 0; pixel < pixels; pixel++, line += bytes) {
        for (let at: usize = 0; at < groupBytes; at += 4) {
          const d = <f64>load<f32>(outputGradient + line + at) * <f64>load<f32>(gain + group + at);
          const normalized = <f64>((load<f32>(input + line + at) - mean) * factor);
          store<f32>(inputGradient + line + at, <f32>(<f64>factor * (d - share - normalized * slope)));
        }
      }
    }
    input += <usize>pixels * bytes;
    outputGradient += <usize>pixels * bytes;
    inputGradient += <usize>pixels * bytes;
  }
}
