// What the numerics probe has the kernels of shared/kernels/random.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

const seed = [1, 2, 3, 4] as const;

export const fillUniform: ProbeCase<'fillUniform'> = (kernel, bench) =>
  kernel(bench.output(bytes), elements, ...seed, -0.7, 0.3);

export const fillNormal: ProbeCase<'fillNormal'> = (kernel, bench) =>
  kernel(bench.output(bytes), elements, ...seed, 0.3);
