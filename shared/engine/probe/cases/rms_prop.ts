// What the numerics probe has the kernel of shared/kernels/rms_prop.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const rmsProp: ProbeCase<'rmsProp'> = (kernel, bench) => {
  for (const [isCentred, momentum, weightDecay] of [
    [false, 0, 0],
    [true, 0.9, 0.01],
  ] as const) {
    const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
    const meanSquare = bench.kept(bench.floats(elements, 1, 1), bytes);
    const mean = isCentred ? bench.kept(bench.floats(elements, 0.1), bytes) : 0;
    const velocity = momentum === 0 ? 0 : bench.kept(bench.floats(elements), bytes);
    bench.result(
      kernel(parameters, gradient, meanSquare, mean, velocity, elements, 0.1, 0.3, 0.99, 1e-8, momentum, weightDecay),
    );
  }
};
