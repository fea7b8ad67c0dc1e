// What the numerics probe has the kernels of shared/kernels/standardization.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const putElement: ProbeCase<'putElement'> = (kernel, bench) => kernel(bench.output(12), 1, 0.3);

export const standardize: ProbeCase<'standardize'> = (kernel, bench) => {
  for (const centred of [0, 1]) {
    kernel(bench.output(bytes), bench.floats(elements), bench.floats(24, 0.4, 0.7), elements, 12, centred);
  }
};
