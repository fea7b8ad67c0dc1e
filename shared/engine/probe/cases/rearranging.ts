// What the numerics probe has the kernels of shared/kernels/rearranging.ts compute.

import type { ProbeCase } from '../probe_case.ts';

/** Two samples of [2, 1, 3, 4, 1, 5], the second dimension of size repeated, others swapped. */
const [samples, sampleStride, elements] = [2, 40, 2 * 2 * 3 * 4 * 5];
const sizes = [2, 1, 3, 4, 1, 5] as const;
const strides = [20, 0, 0, 5, 0, 1] as const;

export const gather: ProbeCase<'gather'> = (kernel, bench) =>
  kernel(bench.output(4 * elements), bench.floats(samples * sampleStride), samples, sampleStride, ...sizes, ...strides);

export const scatterSum: ProbeCase<'scatterSum'> = (kernel, bench) => {
  const sums = bench.output(4 * samples * sampleStride);
  kernel(sums, samples * sampleStride, bench.floats(elements), samples, sampleStride, ...sizes, ...strides);
};

export const copyBlocks: ProbeCase<'copyBlocks'> = (kernel, bench) =>
  kernel(bench.output(4 * 3 * 7), 2, 7, bench.floats(3 * 9), 3, 9, 3, 5);
