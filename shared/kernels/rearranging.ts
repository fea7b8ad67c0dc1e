// Elements moved as they are: transposing, broadcasting, cutting and joining tensors; and the sum that takes a broadcast back.

/**
 * output, dense [samples, n0, …, n5], = input with element (i0, …, i5) of a sample at Σ i * s elements from the sample's start,
 * samples `sampleStride` elements apart. A stride of 0 repeats what lies there.
 */
export function gather(
  output: usize, input: usize, samples: i32, sampleStride: i32, n0: i32, n1: i32, n2: i32, n3: i32, n4: i32, n5: i32,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32,
): void {
  for (let sample = 0; sample < samples; sample++, input += <usize>sampleStride << 2) {
    let a = input;
    for (let i0 = 0; i0 < n0; i0++, a += s0 << 2) {
      let b = a;
      for (let i1 = 0; i1 < n1; i1++, b += s1 << 2) {
        let c = b;
        for (let i2 = 0; i2 < n2; i2++, c += s2 << 2) {
          let d = c;
          for (let i3 = 0; i3 < n3; i3++, d += s3 << 2) {
            let e = d;
            for (let i4 = 0; i4 < n4; i4++, e += s4 << 2) {
              let f = e;
              for (let i5 = 0; i5 < n5; i5++, f += s5 << 2, output += 4) store<f32>(output, load<f32>(f));
            }
          }
        }
      }
    }
  }
}

/**
 * The reverse of `gather`: adds each element of input, dense [samples, n0, …, n5], in order, to where it was gathered from.
 * sums, `elements` of them, start at 0.
 */
export function scatterSum(
  sums: usize, elements: i32, input: usize, samples: i32, sampleStride: i32, n0: i32, n1: i32, n2: i32, n3: i32, n4: i32,
  n5: i32, s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32,
): void {
  memory.fill(sums, 0, <usize>elements << 2);
  for (let sample = 0; sample < samples; sample++, sums += <usize>sampleStride << 2) {
    let a = sums;
    for (let i0 = 0; i0 < n0; i0++, a += s0 << 2) {
      let b = a;
      for (let i1 = 0; i1 < n1; i1++, b += s1 << 2) {
        let c = b;
        for (let i2 = 0; i2 < n2; i2++, c += s2 << 2) {
          let d = c;
          for (let i3 = 0; i3 < n3; i3++, d += s3 << 2) {
            let e = d;
            for (let i4 = 0; i4 < n4; i4++, e += s4 << 2) {
              let f = e;
              for (let i5 = 0; i5 < n5; i5++, f += s5 << 2, input += 4) store<f32>(f, load<f32>(f) + load<f32>(input));
            }
          }
        }
      }
    }
  }
}

/**
 * Copies `blocks` runs of `elements`: block i from input + inputFirst + i * inputStride to output + outputFirst + i *
 * outputStride, all counted in elements.
 */
export function copyBlocks(
  output: usize, outputFirst: i32, outputStride: i32, input: usize, inputFirst: i32, inputStride: i32, blocks: i32,
  elements: i32,
): void {
  const bytes = <usize>elements << 2;
  output += <usize>outputFirst << 2;
  input += <usize>inputFirst << 2;
  for (let index = 0; index < blocks; index++) {
    memory.copy(output, input, bytes);
    output += <usize>outputStride << 2;
    input += <usize>inputStride << 2;
  }
}
