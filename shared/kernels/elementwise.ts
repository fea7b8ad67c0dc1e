// Elementwise kernels. Four lanes at a time, the remainder one by one: without a fused multiply-add both round alike,
// and none of these fuses in either profile. In-place use (output = an input) is allowed.

import { notFinite, reluEpilogue, reluLanes } from './internal/arithmetic';

/** output[i] = value. */
export function fill(output: usize, elements: i32, value: f32): void {
  const lanes = f32x4.splat(value);
  const end = output + (<usize>elements << 2);
  for (; output + 16 <= end; output += 16) v128.store(output, lanes);
  for (; output < end; output += 4) store<f32>(output, value);
}

/** output = input. */
export function copy(output: usize, input: usize, elements: i32): void {
  memory.copy(output, input, <usize>elements << 2);
}

/** output = left + right: a node of the reduction tree, and the sum of gradients where a tensor is used twice. */
export function add(output: usize, left: usize, right: usize, elements: i32): void {
  const end = output + (<usize>elements << 2);
  for (; output + 64 <= end; output += 64, left += 64, right += 64) {
    v128.store(output, f32x4.add(v128.load(left), v128.load(right)));
    v128.store(output, f32x4.add(v128.load(left, 16), v128.load(right, 16)), 16);
    v128.store(output, f32x4.add(v128.load(left, 32), v128.load(right, 32)), 32);
    v128.store(output, f32x4.add(v128.load(left, 48), v128.load(right, 48)), 48);
  }
  for (; output < end; output += 4, left += 4, right += 4) store<f32>(output, load<f32>(left) + load<f32>(right));
}

/** output[i] = input[i] * factor + offset. */
export function scale(output: usize, input: usize, elements: i32, factor: f32, offset: f32): void {
  const end = output + (<usize>elements << 2);
  const factors = f32x4.splat(factor);
  const offsets = f32x4.splat(offset);
  for (; output + 16 <= end; output += 16, input += 16) {
    v128.store(output, f32x4.add(f32x4.mul(v128.load(input), factors), offsets));
  }
  for (; output < end; output += 4, input += 4) store<f32>(output, load<f32>(input) * factor + offset);
}

/** output[i] = bytes[i] * factor + offset (u8 to f32; the bytes' pointer needs no alignment). */
export function scaleBytes(output: usize, bytes: usize, elements: i32, factor: f32, offset: f32): void {
  const end = output + (<usize>elements << 2);
  const factors = f32x4.splat(factor);
  const offsets = f32x4.splat(offset);
  for (; output + 32 <= end; output += 32, bytes += 8) {
    const wide = v128.load_ext<u8>(bytes);
    const low = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(wide));
    const high = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(wide));
    v128.store(output, f32x4.add(f32x4.mul(low, factors), offsets));
    v128.store(output, f32x4.add(f32x4.mul(high, factors), offsets), 16);
  }
  for (; output < end; output += 4, bytes += 1) store<f32>(output, <f32>load<u8>(bytes) * factor + offset);
}

/** output[row, column] = epilogue(input[row, column] + bias[column]). */
export function addBias(output: usize, input: usize, bias: usize, rows: i32, columns: i32, epilogue: i32): void {
  const relu = epilogue == reluEpilogue;
  for (let row = 0; row < rows; row++) {
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const at = <usize>column << 2;
      const sum = f32x4.add(v128.load(input + at), v128.load(bias + at));
      v128.store(output + at, relu ? reluLanes(sum) : sum);
    }
    for (; column < columns; column++) {
      const at = <usize>column << 2;
      const sum = load<f32>(input + at) + load<f32>(bias + at);
      store<f32>(output + at, relu && sum < 0 ? 0 : sum);
    }
    input += <usize>columns << 2;
    output += <usize>columns << 2;
  }
}

/** sums[column] = Σ over rows, from row 0 upwards, in each column alone; four or sixteen columns pass together. */
export function sumRows(sums: usize, input: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 2;
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    const at = <usize>column << 2;
    let from = input + at;
    let s0 = v128.load(from), s1 = v128.load(from, 16), s2 = v128.load(from, 32), s3 = v128.load(from, 48);
    for (let row = 1; row < rows; row++) {
      from += stride;
      s0 = f32x4.add(s0, v128.load(from));
      s1 = f32x4.add(s1, v128.load(from, 16));
      s2 = f32x4.add(s2, v128.load(from, 32));
      s3 = f32x4.add(s3, v128.load(from, 48));
    }
    v128.store(sums + at, s0);
    v128.store(sums + at, s1, 16);
    v128.store(sums + at, s2, 32);
    v128.store(sums + at, s3, 48);
  }
  for (; column + 4 <= columns; column += 4) {
    const at = <usize>column << 2;
    let from = input + at;
    let sum = v128.load(from);
    for (let row = 1; row < rows; row++) {
      from += stride;
      sum = f32x4.add(sum, v128.load(from));
    }
    v128.store(sums + at, sum);
  }
  for (; column < columns; column++) {
    const at = <usize>column << 2;
    let from = input + at;
    let sum = load<f32>(from);
    for (let row = 1; row < rows; row++) {
      from += stride;
      sum += load<f32>(from);
    }
    store<f32>(sums + at, sum);
  }
}

/** output = max(input, 0). */
export function relu(output: usize, input: usize, elements: i32): void {
  const end = output + (<usize>elements << 2);
  for (; output + 16 <= end; output += 16, input += 16) v128.store(output, reluLanes(v128.load(input)));
  for (; output < end; output += 4, input += 4) {
    const x = load<f32>(input);
    store<f32>(output, x < 0 ? 0 : x);
  }
}

/** inputGradient = output > 0 ? outputGradient : 0. */
export function reluGradient(inputGradient: usize, outputGradient: usize, output: usize, elements: i32): void {
  const end = inputGradient + (<usize>elements << 2);
  const zero = f32x4.splat(0);
  for (; inputGradient + 16 <= end; inputGradient += 16, outputGradient += 16, output += 16) {
    v128.store(inputGradient, v128.and(v128.load(outputGradient), f32x4.gt(v128.load(output), zero)));
  }
  for (; inputGradient < end; inputGradient += 4, outputGradient += 4, output += 4) {
    store<f32>(inputGradient, load<f32>(output) > 0 ? load<f32>(outputGradient) : 0);
  }
}

/** inputGradient = outputGradient * output * (1 − output). */
export function sigmoidGradient(inputGradient: usize, outputGradient: usize, output: usize, elements: i32): void {
  const end = inputGradient + (<usize>elements << 2);
  const one = f32x4.splat(1);
  for (; inputGradient + 16 <= end; inputGradient += 16, outputGradient += 16, output += 16) {
    const y = v128.load(output);
    v128.store(inputGradient, f32x4.mul(v128.load(outputGradient), f32x4.mul(y, f32x4.sub(one, y))));
  }
  for (; inputGradient < end; inputGradient += 4, outputGradient += 4, output += 4) {
    const y = load<f32>(output);
    store<f32>(inputGradient, load<f32>(outputGradient) * (y * (1 - y)));
  }
}

/** inputGradient = outputGradient * (1 − output²). */
export function tanhGradient(inputGradient: usize, outputGradient: usize, output: usize, elements: i32): void {
  const end = inputGradient + (<usize>elements << 2);
  const one = f32x4.splat(1);
  for (; inputGradient + 16 <= end; inputGradient += 16, outputGradient += 16, output += 16) {
    const y = v128.load(output);
    v128.store(inputGradient, f32x4.mul(v128.load(outputGradient), f32x4.sub(one, f32x4.mul(y, y))));
  }
  for (; inputGradient < end; inputGradient += 4, outputGradient += 4, output += 4) {
    const y = load<f32>(output);
    store<f32>(inputGradient, load<f32>(outputGradient) * (1 - y * y));
  }
}

/** 1 if every element is finite, else 0. */
export function allFinite(input: usize, elements: i32): i32 {
  const end = input + (<usize>elements << 2);
  let bad = f32x4.splat(0);
  for (; input + 16 <= end; input += 16) {
    bad = v128.or(bad, notFinite(v128.load(input)));
  }
  let badScalar = false;
  for (; input < end; input += 4) {
    const x = load<f32>(input);
    badScalar = badScalar || x - x != 0;
  }
  return i32(!v128.any_true(bad) && !badScalar);
}
