// What the numerics probe has the kernel of shared/kernels/clipping.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const clipNorm: ProbeCase<'clipNorm'> = (kernel, bench) => {
  for (const largest of [0.01, 1_000]) kernel(bench.kept(bench.floats(elements), bytes), elements, 0.1, largest);
};
