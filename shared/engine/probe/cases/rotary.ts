// What the numerics probe has the kernels of shared/kernels/rotary.ts compute.

import type { ProbeCase } from '../probe_case.ts';

export const rotaryTable: ProbeCase<'rotaryTable'> = (kernel, bench) =>
  kernel(bench.output(4 * 2 * 40 * 3), 40, 3, 10_000);
