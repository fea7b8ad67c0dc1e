// What the numerics probe has the kernels of shared/kernels/dropout.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const dropout: ProbeCase<'dropout'> = (kernel, bench) =>
  kernel(bench.output(3 * bytes), bench.floats(3 * elements), 3, elements, 1, 2, 3, 4, 5, 2 ** 31 + 2 ** 20, 2.5);
