// What the numerics probe has the kernels of shared/kernels/statistics.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const movingAverage: ProbeCase<'movingAverage'> = (kernel, bench) => {
  const state = bench.kept(bench.floats(elements), bytes);
  bench.result(kernel(state, bench.floats(elements, 30), elements, 10, 0.3));
};
