// Augmentation of images, drawn by counter: what becomes of a sample depends on seed, step and the sample's place in the
// mini-batch, on nothing else. Words are Philox's under the seed, with the counter (element / 4, step, tag, sample); `tag`
// tells apart what draws in one step.

import { normalOf } from './internal/normal';
import { block, philox } from './internal/philox';

/** A whole number from 0 to `most`, from a random word: each as likely up to 2^-32 times their number. */
// @ts-ignore: decorator
@inline
function upTo(most: i32, word: u32): i32 {
  return <i32>(<u64>word * <u64>(most + 1) >> 32);
}

/** Copies the part of a line of `width` pixels that starts at `left`, which may lie outside; what lies outside is zero. */
function copyLine(output: usize, input: usize, left: i32, width: i32, outputWidth: i32, pixelBytes: usize): void {
  const first = min(max(0, -left), outputWidth);
  const end = max(first, min(outputWidth, width - left));
  memory.fill(output, 0, <usize>first * pixelBytes);
  memory.copy(output + <usize>first * pixelBytes, input + <usize>(left + first) * pixelBytes, <usize>(end - first) * pixelBytes);
  memory.fill(output + <usize>end * pixelBytes, 0, <usize>(outputWidth - end) * pixelBytes);
}

/** Cuts [outputHeight, outputWidth, channels] out of each image in a frame of `padding` zeros, anywhere in it. */
export function cropRandomly(
  output: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, outputHeight: i32,
  outputWidth: i32, padding: i32, seedLow: u32, seedHigh: u32, step: u32, firstSample: u32, tag: u32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>width * pixelBytes, outputLineBytes = <usize>outputWidth * pixelBytes;
  for (let sample = 0; sample < samples; sample++) {
    philox(seedLow, seedHigh, 0, step, tag, firstSample + <u32>sample);
    const top = upTo(height + 2 * padding - outputHeight, load<u32>(block)) - padding;
    const left = upTo(width + 2 * padding - outputWidth, load<u32>(block, 4)) - padding;
    for (let row = 0; row < outputHeight; row++, output += outputLineBytes) {
      const y = top + row;
      if (y < 0 || y >= height) memory.fill(output, 0, outputLineBytes);
      else copyLine(output, input + <usize>y * lineBytes, left, width, outputWidth, pixelBytes);
    }
    input += <usize>height * lineBytes;
  }
}

/** Mirrors each image left to right where its random word is below `threshold`; else copies it. */
export function flipRandomly(
  output: usize, input: usize, samples: i32, height: i32, width: i32, channels: i32, threshold: f64, seedLow: u32,
  seedHigh: u32, step: u32, firstSample: u32, tag: u32,
): void {
  const pixelBytes = <usize>channels << 2;
  const lineBytes = <usize>width * pixelBytes;
  for (let sample = 0; sample < samples; sample++) {
    philox(seedLow, seedHigh, 0, step, tag, firstSample + <u32>sample);
    const flips = <f64>load<u32>(block) < threshold;
    for (let row = 0; row < height; row++, input += lineBytes, output += lineBytes) {
      if (!flips) {
        memory.copy(output, input, lineBytes);
        continue;
      }
      for (let at: usize = 0; at < lineBytes; at += pixelBytes) {
        memory.copy(output + lineBytes - pixelBytes - at, input + at, pixelBytes);
      }
    }
  }
}

/** output = input + a normal number with mean 0 and this standard deviation, another one for each element. */
export function addNoise(
  output: usize, input: usize, samples: i32, elements: i32, standardDeviation: f32, seedLow: u32, seedHigh: u32,
  step: u32, firstSample: u32, tag: u32,
): void {
  for (let sample = 0; sample < samples; sample++) {
    for (let element = 0; element < elements; element++, input += 4, output += 4) {
      if ((element & 3) == 0) philox(seedLow, seedHigh, <u32>element >> 2, step, tag, firstSample + <u32>sample);
      const noise = <f32>(normalOf(load<u32>(block + (<usize>(element & 3) << 2))) * <f64>standardDeviation);
      store<f32>(output, load<f32>(input) + noise);
    }
  }
}
