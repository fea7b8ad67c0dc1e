// Depthwise convolutions: each channel of an NHWC image with a filter of its own. Four channels are one vector; the last,
// where fewer are left, reads what lies behind and writes its own lanes alone, so that every channel goes through the same
// instructions. Each output element is one chain over the filter's rows, then columns, from zero.

import { multiplyAdd, reluEpilogue, reluLanes } from './internal/arithmetic';
import { OptionalPointer } from './internal/pointer';

/** Writes the first `lanes` lanes. */
function storeLanes(to: usize, x: v128, lanes: i32): void {
  if (lanes >= 4) {
    v128.store(to, x);
    return;
  }
  store<f32>(to, f32x4.extract_lane(x, 0));
  if (lanes > 1) store<f32>(to + 4, f32x4.extract_lane(x, 1));
  if (lanes > 2) store<f32>(to + 8, f32x4.extract_lane(x, 2));
}

// @ts-ignore: decorator
@inline
function finished(sum: v128, bias: v128, hasBias: bool, relu: bool): v128 {
  if (hasBias) sum = f32x4.add(sum, bias);
  return relu ? reluLanes(sum) : sum;
}

/**
 * output[samples, outputHeight, outputWidth, channels] = epilogue(padded * filters + bias), each channel alone. The input is
 * padded already; filters are [kernelHeight, kernelWidth, channels].
 */
export function depthwiseConv2d(
  output: usize, padded: usize, filters: usize, bias: OptionalPointer, epilogue: i32, samples: i32, paddedHeight: i32,
  paddedWidth: i32, channels: i32, kernelHeight: i32, kernelWidth: i32, outputHeight: i32, outputWidth: i32, strideY: i32,
  strideX: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>paddedWidth * pixelBytes;
  const step = <usize>strideX * pixelBytes;
  const relu = epilogue == reluEpilogue;
  for (let sample = 0; sample < samples; sample++, padded += <usize>paddedHeight * lineBytes) {
    for (let row = 0; row < outputHeight; row++, output += <usize>outputWidth * pixelBytes) {
      const line = padded + <usize>(row * strideY) * lineBytes;
      for (let channel = 0; channel < channels; channel += 4) {
        const at = <usize>channel << 2;
        const offset = bias == 0 ? f32x4.splat(0) : v128.load(bias + at);
        const lanes = channels - channel;
        let to = output + at;
        let from = line + at;
        let column = 0;
        for (; column + 4 <= outputWidth; column += 4, from += 4 * step) {
          let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
          let weight = filters + at;
          for (let y = 0; y < kernelHeight; y++) {
            let x = from + <usize>y * lineBytes;
            for (let k = 0; k < kernelWidth; k++, x += pixelBytes, weight += pixelBytes) {
              const w = v128.load(weight);
              s0 = multiplyAdd(v128.load(x), w, s0);
              s1 = multiplyAdd(v128.load(x + step), w, s1);
              s2 = multiplyAdd(v128.load(x + 2 * step), w, s2);
              s3 = multiplyAdd(v128.load(x + 3 * step), w, s3);
            }
          }
          storeLanes(to, finished(s0, offset, bias != 0, relu), lanes);
          storeLanes(to + pixelBytes, finished(s1, offset, bias != 0, relu), lanes);
          storeLanes(to + 2 * pixelBytes, finished(s2, offset, bias != 0, relu), lanes);
          storeLanes(to + 3 * pixelBytes, finished(s3, offset, bias != 0, relu), lanes);
          to += 4 * pixelBytes;
        }
        for (; column < outputWidth; column++, from += step, to += pixelBytes) {
          let sum = f32x4.splat(0);
          let weight = filters + at;
          for (let y = 0; y < kernelHeight; y++) {
            let x = from + <usize>y * lineBytes;
            for (let k = 0; k < kernelWidth; k++, x += pixelBytes, weight += pixelBytes) {
              sum = multiplyAdd(v128.load(x), v128.load(weight), sum);
            }
          }
          storeLanes(to, finished(sum, offset, bias != 0, relu), lanes);
        }
      }
    }
  }
}

/** filterGradient[y, x, channel] = Σ over samples, rows, columns (in this order) of padded input * output gradient. */
export function depthwiseFilterGradient(
  filterGradient: usize, padded: usize, outputGradient: usize, samples: i32, paddedHeight: i32, paddedWidth: i32,
  channels: i32, kernelHeight: i32, kernelWidth: i32, outputHeight: i32, outputWidth: i32, strideY: i32,
  strideX: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>paddedWidth * pixelBytes;
  const step = <usize>strideX * pixelBytes;
  for (let y = 0; y < kernelHeight; y++) {
    // Three columns of the filter share each gradient; where fewer are left, the last one is computed again.
    for (let first = 0; first < kernelWidth; first += 3, filterGradient += 3 * pixelBytes) {
      const second = <usize>(min(first + 1, kernelWidth - 1) - first) * pixelBytes;
      const third = <usize>(min(first + 2, kernelWidth - 1) - first) * pixelBytes;
      for (let channel = 0; channel < channels; channel += 4) {
        const at = <usize>channel << 2;
        const lanes = channels - channel;
        let s0 = f32x4.splat(0), s1 = s0, s2 = s0;
        let d = outputGradient + at;
        let image = padded + <usize>y * lineBytes + <usize>first * pixelBytes + at;
        for (let sample = 0; sample < samples; sample++, image += <usize>paddedHeight * lineBytes) {
          for (let row = 0; row < outputHeight; row++) {
            let x = image + <usize>(row * strideY) * lineBytes;
            for (let column = 0; column < outputWidth; column++, x += step, d += pixelBytes) {
              const gradient = v128.load(d);
              s0 = multiplyAdd(v128.load(x), gradient, s0);
              s1 = multiplyAdd(v128.load(x + second), gradient, s1);
              s2 = multiplyAdd(v128.load(x + third), gradient, s2);
            }
          }
        }
        // The last of equal addresses is the column itself.
        storeLanes(filterGradient + at, s0, lanes);
        storeLanes(filterGradient + at + second, s1, lanes);
        storeLanes(filterGradient + at + third, s2, lanes);
      }
    }
    if (kernelWidth % 3 != 0) filterGradient -= <usize>(3 - kernelWidth % 3) * pixelBytes;
  }
}

/** The rows of a matrix in the opposite order: filters [positions, channels], rotated by 180 degrees. */
export function reverseRows(output: usize, input: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  let from = input + <usize>rows * bytes;
  for (let row = 0; row < rows; row++, output += bytes) {
    from -= bytes;
    memory.copy(output, from, bytes);
  }
}
