// Dropout (N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, JMLR 15, 2014), its mask drawn by
// counter: what a sample loses depends on seed, step and the sample's place in the mini-batch, on nothing else.

import { block, philox } from './internal/philox';

/**
 * output = input * factor where the element's random word is at least `threshold`, else 0; in place, too. A gradient goes
 * the same way. Words are Philox's under the seed, with the counter (element / 4, step, tag, sample); `tag` tells apart what
 * draws in one step.
 */
export function dropout(
  output: usize, input: usize, samples: i32, elements: i32, seedLow: u32, seedHigh: u32, step: u32, firstSample: u32,
  tag: u32, threshold: u32, factor: f32,
): void {
  const factors = f32x4.splat(factor);
  // Lanes compare as signed numbers: both sides are moved by half the range.
  const limits = i32x4.splat(<i32>(threshold ^ 0x80000000));
  const middle = i32x4.splat(0x80000000);
  for (let sample = 0; sample < samples; sample++) {
    let element = 0;
    for (; element + 4 <= elements; element += 4, input += 16, output += 16) {
      philox(seedLow, seedHigh, <u32>element >> 2, step, tag, firstSample + <u32>sample);
      const kept = i32x4.ge_s(v128.xor(v128.load(block), middle), limits);
      v128.store(output, v128.and(f32x4.mul(v128.load(input), factors), kept));
    }
    if (element < elements) philox(seedLow, seedHigh, <u32>element >> 2, step, tag, firstSample + <u32>sample);
    for (let word: usize = block; element < elements; element++, word += 4, input += 4, output += 4) {
      store<f32>(output, load<u32>(word) >= threshold ? load<f32>(input) * factor : 0);
    }
  }
}
