// Pooling over NHWC images. Windows are clipped to the image: cells outside take no part in maximum or mean.

const vectorBytes: usize = 16;

/** Four channels of a 2x2 window, the usual one, written out: the general loops take three times as long. */
// @ts-ignore: decorator
@inline
function maxOfSquare(output: usize, argmax: usize, input: usize, index: i32, channels: i32, line: i32): void {
  const first = input + (<usize>index << 2);
  const right = <usize>channels << 2;
  const below = first + (<usize>line << 2);
  let best = v128.load(first);
  let at = i32x4.splat(index);
  let value = v128.load(first + right);
  let larger = f32x4.gt(value, best);
  best = v128.bitselect(value, best, larger);
  at = v128.bitselect(i32x4.splat(index + channels), at, larger);
  value = v128.load(below);
  larger = f32x4.gt(value, best);
  best = v128.bitselect(value, best, larger);
  at = v128.bitselect(i32x4.splat(index + line), at, larger);
  value = v128.load(below + right);
  larger = f32x4.gt(value, best);
  v128.store(output, v128.bitselect(value, best, larger));
  at = v128.bitselect(i32x4.splat(index + line + channels), at, larger);
  v128.store(argmax, i32x4.add(at, i32x4(0, 1, 2, 3)));
}

/** Writes each window's maximum and, as i32, the flat input index it came from (the first of equals). */
export function maxPool(
  output: usize, argmax: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, windowHeight: i32,
  windowWidth: i32, strideY: i32, strideX: i32, padTop: i32, padLeft: i32, outputHeight: i32, outputWidth: i32,
): void {
  for (let sample = 0; sample < samples; sample++) {
    for (let outputY = 0; outputY < outputHeight; outputY++) {
      const top = outputY * strideY - padTop;
      const y0 = max(0, top), y1 = min(height, top + windowHeight);
      for (let outputX = 0; outputX < outputWidth; outputX++) {
        const left = outputX * strideX - padLeft;
        const x0 = max(0, left), x1 = min(width, left + windowWidth);
        let channel = 0;
        if (windowHeight == 2 && windowWidth == 2 && y1 - y0 == 2 && x1 - x0 == 2) {
          const index = ((sample * height + y0) * width + x0) * channels;
          for (; channel + 4 <= channels; channel += 4) {
            maxOfSquare(output, argmax, input, index + channel, channels, width * channels);
            output += vectorBytes;
            argmax += vectorBytes;
          }
        }
        for (; channel + 4 <= channels; channel += 4) {
          let best = f32x4.splat(-Infinity);
          // With the lanes' own offsets added below, each is -1 until a cell is chosen.
          let at = i32x4(-1, -2, -3, -4);
          for (let y = y0; y < y1; y++) {
            let index = ((sample * height + y) * width + x0) * channels + channel;
            for (let x = x0; x < x1; x++) {
              const value = v128.load(input + (<usize>index << 2));
              const larger = f32x4.gt(value, best);
              best = v128.bitselect(value, best, larger);
              at = v128.bitselect(i32x4.splat(index), at, larger);
              index += channels;
            }
          }
          v128.store(output, best);
          v128.store(argmax, i32x4.add(at, i32x4(0, 1, 2, 3)));
          output += vectorBytes;
          argmax += vectorBytes;
        }
        for (; channel < channels; channel++) {
          let best: f32 = -Infinity;
          let at = -1;
          for (let y = y0; y < y1; y++) {
            let index = ((sample * height + y) * width + x0) * channels + channel;
            for (let x = x0; x < x1; x++) {
              const value = load<f32>(input + (<usize>index << 2));
              if (value > best) {
                best = value;
                at = index;
              }
              index += channels;
            }
          }
          store<f32>(output, best);
          store<i32>(argmax, at);
          output += 4;
          argmax += 4;
        }
      }
    }
  }
}

/** Writes the input gradient, zero where no window chose the cell; windows are added in output order. */
export function maxPoolGradient(
  inputGradient: usize, outputGradient: usize, argmax: usize, inputElements: i32, outputElements: i32,
): void {
  memory.fill(inputGradient, 0, <usize>inputElements << 2);
  const end = outputGradient + (<usize>outputElements << 2);
  for (; outputGradient < end; outputGradient += 4, argmax += 4) {
    const index = load<i32>(argmax);
    // A window that saw only NaN chose no cell.
    if (<u32>index >= <u32>inputElements) continue;
    const cell = inputGradient + (<usize>index << 2);
    store<f32>(cell, load<f32>(cell) + load<f32>(outputGradient));
  }
}

/** Mean over the cells of the window that lie in the input. */
export function averagePool(
  output: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, windowHeight: i32,
  windowWidth: i32, strideY: i32, strideX: i32, padTop: i32, padLeft: i32, outputHeight: i32, outputWidth: i32,
): void {
  for (let sample = 0; sample < samples; sample++) {
    for (let outputY = 0; outputY < outputHeight; outputY++) {
      const top = outputY * strideY - padTop;
      const y0 = max(0, top), y1 = min(height, top + windowHeight);
      for (let outputX = 0; outputX < outputWidth; outputX++) {
        const left = outputX * strideX - padLeft;
        const x0 = max(0, left), x1 = min(width, left + windowWidth);
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          let sum: f32 = 0;
          for (let y = y0; y < y1; y++) {
            let cell = input + (<usize>(((sample * height + y) * width + x0) * channels + channel) << 2);
            for (let x = x0; x < x1; x++) {
              sum += load<f32>(cell);
              cell += <usize>channels << 2;
            }
          }
          store<f32>(output, sum * part);
          output += 4;
        }
      }
    }
  }
}

/** Spreads each window's gradient evenly over its cells; windows are added in output order. */
export function averagePoolGradient(
  inputGradient: usize, outputGradient: usize, samples: i32, height: i32, width: i32, channels: i32, windowHeight: i32,
  windowWidth: i32, strideY: i32, strideX: i32, padTop: i32, padLeft: i32, outputHeight: i32, outputWidth: i32,
): void {
  memory.fill(inputGradient, 0, <usize>(samples * height * width * channels) << 2);
  for (let sample = 0; sample < samples; sample++) {
    for (let outputY = 0; outputY < outputHeight; outputY++) {
      const top = outputY * strideY - padTop;
      const y0 = max(0, top), y1 = min(height, top + windowHeight);
      for (let outputX = 0; outputX < outputWidth; outputX++) {
        const left = outputX * strideX - padLeft;
        const x0 = max(0, left), x1 = min(width, left + windowWidth);
        const part: f32 = 1 / <f32>((y1 - y0) * (x1 - x0));
        for (let channel = 0; channel < channels; channel++) {
          const gradient = load<f32>(outputGradient) * part;
          for (let y = y0; y < y1; y++) {
            let cell = inputGradient + (<usize>(((sample * height + y) * width + x0) * channels + channel) << 2);
            for (let x = x0; x < x1; x++) {
              store<f32>(cell, load<f32>(cell) + gradient);
              cell += <usize>channels << 2;
            }
          }
          outputGradient += 4;
        }
      }
    }
  }
}
