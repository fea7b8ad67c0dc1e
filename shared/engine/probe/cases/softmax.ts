// What the numerics probe has the kernels of shared/kernels/softmax.ts compute.

import type { ProbeCase } from '../probe_case.ts';

const [outer, length, inner] = [2, 5, 3];
const elements = outer * length * inner;

export const softmaxAlong: ProbeCase<'softmaxAlong'> = (kernel, bench) => {
  kernel(bench.output(4 * elements), bench.floats(elements, 9), outer, length, inner);
  kernel(bench.output(4 * elements), bench.floats(elements, 9), outer * length, inner, 1);
};

export const softmaxGradient: ProbeCase<'softmaxGradient'> = (kernel, bench) =>
  kernel(bench.output(4 * elements), bench.floats(elements), bench.floats(elements), outer, length, inner);
