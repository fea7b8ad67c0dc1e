// What the numerics probe has the kernels of shared/kernels/gelu.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const gelu: ProbeCase<'gelu'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements, 6), elements);

export const geluGradient: ProbeCase<'geluGradient'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements, 6), elements);
