// What the numerics probe has the kernel of shared/kernels/lion.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const lion: ProbeCase<'lion'> = (kernel, bench) => {
  const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
  const momentum = bench.kept(bench.floats(elements), bytes);
  bench.result(kernel(parameters, gradient, momentum, elements, 0.1, 0.03, 0.9, 0.99, 0.1));
};
