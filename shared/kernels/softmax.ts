// Softmax along any axis: a tensor seen as [outer, length, inner], the axis in the middle. Sums run upwards from 0, in f64.

import { exp64 } from './internal/functions';
import { softmax } from './losses';

/** output = softmax of the input along the axis. */
export function softmaxAlong(output: usize, input: usize, outer: i32, length: i32, inner: i32): void {
  if (inner == 1) {
    softmax(output, input, outer, length);
    return;
  }
  const step = <usize>inner << 2;
  const bytes = step * <usize>length;
  for (let block = 0; block < outer; block++, input += bytes, output += bytes) {
    for (let first: usize = 0; first < step; first += 4) {
      let highest = load<f32>(input + first);
      for (let at = first + step; at < bytes; at += step) highest = max<f32>(highest, load<f32>(input + at));
      let sum: f64 = 0;
      for (let at = first; at < bytes; at += step) {
        const exponential = exp64(<f64>load<f32>(input + at) - <f64>highest);
        sum += exponential;
        store<f32>(output + at, <f32>exponential);
      }
      for (let at = first; at < bytes; at += step) store<f32>(output + at, <f32>(<f64>load<f32>(output + at) / sum));
    }
  }
}

/** inputGradient = output * (outputGradient − Σ along the axis output * outputGradient); it may be written over outputGradient. */
export function softmaxGradient(
  inputGradient: usize, outputGradient: usize, output: usize, outer: i32, length: i32, inner: i32,
): void {
  const step = <usize>inner << 2;
  const bytes = step * <usize>length;
  for (let block = 0; block < outer; block++, inputGradient += bytes, outputGradient += bytes, output += bytes) {
    for (let first: usize = 0; first < step; first += 4) {
      let sum: f64 = 0;
      for (let at = first; at < bytes; at += step) {
        sum += <f64>load<f32>(output + at) * <f64>load<f32>(outputGradient + at);
      }
      for (let at = first; at < bytes; at += step) {
        const difference = <f64>load<f32>(outputGradient + at) - sum;
        store<f32>(inputGradient + at, <f32>(<f64>load<f32>(output + at) * difference));
      }
    }
  }
}
