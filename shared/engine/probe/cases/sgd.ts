// What the numerics probe has the kernel of shared/kernels/sgd.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const sgd: ProbeCase<'sgd'> = (kernel, bench) => {
  for (const [momentum, nesterov, decay] of [
    [0, 0, 0],
    [0.9, 0, 0.01],
    [0.9, 1, 0],
  ] as const) {
    const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
    const velocity = momentum === 0 ? 0 : bench.kept(bench.floats(elements), bytes);
    bench.result(kernel(parameters, gradient, velocity, elements, 0.1, 0.3, momentum, nesterov, decay));
  }
};
