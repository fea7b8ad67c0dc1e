// What the numerics probe has the kernel of shared/kernels/adam.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const adam: ProbeCase<'adam'> = (kernel, bench) => {
  for (const [decoupled, step] of [
    [0, 1],
    [1, 1000],
  ] as const) {
    const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
    const [first, second] = [
      bench.kept(bench.floats(elements), bytes),
      bench.kept(bench.floats(elements, 1, 1), bytes),
    ];
    const [learningRate, weightDecay] = [0.3, 0.01];
    bench.result(
      kernel(
        parameters,
        gradient,
        first,
        second,
        elements,
        0.1,
        learningRate,
        0.9,
        0.999,
        1e-8,
        weightDecay,
        decoupled,
        step,
      ),
    );
  }
};
