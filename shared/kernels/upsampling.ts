// Up-sampling of NHWC images by a whole factor, to the nearest pixel or bilinearly between pixels' centres. Gradients are
// added in the order of the output's rows and columns. Never fused, in either profile.

/** output (y, x) = input (y / factor, x / factor), rounded down. */
export function upsampleNearest(
  output: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, factor: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>(width * factor) * pixelBytes;
  for (let line = 0; line < samples * height; line++) {
    const first = output;
    for (let x = 0; x < width; x++, input += pixelBytes) {
      for (let copy = 0; copy < factor; copy++, output += pixelBytes) memory.copy(output, input, pixelBytes);
    }
    for (let copy = 1; copy < factor; copy++, output += lineBytes) memory.copy(output, first, lineBytes);
  }
}

/** to += from * weight, over the channels of a pixel. */
function addScaled(to: usize, from: usize, channels: i32, weight: f32): void {
  const weights = f32x4.splat(weight);
  const end = to + (<usize>channels << 2);
  for (; to + 16 <= end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(from), weights)));
  }
  for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from) * weight);
}

/** Each input pixel's sum of the output gradients that it was copied to. */
export function upsampleNearestGradient(
  inputGradient: usize, outputGradient: usize, samples: i32, height: i32, width: i32, channels: i32, factor: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  memory.fill(inputGradient, 0, <usize>(samples * height * width) * pixelBytes);
  for (let line = 0; line < samples * height; line++, inputGradient += <usize>width * pixelBytes) {
    for (let row = 0; row < factor; row++) {
      for (let x = 0; x < width; x++) {
        const to = inputGradient + <usize>x * pixelBytes;
        for (let copy = 0; copy < factor; copy++, outputGradient += pixelBytes) {
          addScaled(to, outputGradient, channels, 1);
        }
      }
    }
  }
}

/** Where an output row or column lies between two of the input's: the second's weight; the first's is one minus it. */
// @ts-ignore: decorator
@inline
function positionOf(at: i32, factor: i32): f64 {
  return (<f64>at + 0.5) / <f64>factor - 0.5;
}

/** output = the mean of the four pixels around (y + ½) / factor − ½, weighted by how near they are; beyond the border, its own. */
export function upsampleBilinear(
  output: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, factor: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>width * pixelBytes;
  memory.fill(output, 0, <usize>(samples * height * factor) * <usize>(width * factor) * pixelBytes);
  for (let sample = 0; sample < samples; sample++, input += <usize>height * lineBytes) {
    for (let row = 0; row < height * factor; row++) {
      const y = positionOf(row, factor), y0 = <i32>floor<f64>(y), below = <f32>(y - <f64>y0);
      const upper = input + <usize>max(y0, 0) * lineBytes, lower = input + <usize>min(y0 + 1, height - 1) * lineBytes;
      for (let column = 0; column < width * factor; column++, output += pixelBytes) {
        const x = positionOf(column, factor), x0 = <i32>floor<f64>(x), right = <f32>(x - <f64>x0);
        const left = <usize>max(x0, 0) * pixelBytes, next = <usize>min(x0 + 1, width - 1) * pixelBytes;
        addScaled(output, upper + left, channels, (1 - below) * (1 - right));
        addScaled(output, upper + next, channels, (1 - below) * right);
        addScaled(output, lower + left, channels, below * (1 - right));
        addScaled(output, lower + next, channels, below * right);
      }
    }
  }
}

/** Gives each output gradient to the four pixels that its output was made of, by their weights. */
export function upsampleBilinearGradient(
  inputGradient: usize, outputGradient: usize, samples: i32, height: i32, width: i32, channels: i32, factor: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>width * pixelBytes;
  memory.fill(inputGradient, 0, <usize>(samples * height) * lineBytes);
  for (let sample = 0; sample < samples; sample++, inputGradient += <usize>height * lineBytes) {
    for (let row = 0; row < height * factor; row++) {
      const y = positionOf(row, factor), y0 = <i32>floor<f64>(y), below = <f32>(y - <f64>y0);
      const upper = inputGradient + <usize>max(y0, 0) * lineBytes;
      const lower = inputGradient + <usize>min(y0 + 1, height - 1) * lineBytes;
      for (let column = 0; column < width * factor; column++, outputGradient += pixelBytes) {
        const x = positionOf(column, factor), x0 = <i32>floor<f64>(x), right = <f32>(x - <f64>x0);
        const left = <usize>max(x0, 0) * pixelBytes, next = <usize>min(x0 + 1, width - 1) * pixelBytes;
        addScaled(upper + left, outputGradient, channels, (1 - below) * (1 - right));
        addScaled(upper + next, outputGradient, channels, (1 - below) * right);
        addScaled(lower + left, outputGradient, channels, below * (1 - right));
        addScaled(lower + next, outputGradient, channels, below * right);
      }
    }
  }
}
