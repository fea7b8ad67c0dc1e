// What the numerics probe has the kernels of shared/kernels/lstm.ts compute.

import { type ProbeCase, packed } from '../probe_case.ts';

const [samples, steps] = [3, 3];

export const lstm: ProbeCase<'lstm'> = (kernel, bench) => {
  for (const units of [4, 5]) {
    const outputs = samples * steps * units;
    const gates = bench.kept(bench.floats(4 * outputs, 3), 16 * outputs);
    const scratch = bench.scratch(16 * samples * units);
    const recurrent = packed(bench, units, 4 * units);
    kernel(bench.output(4 * outputs), bench.output(4 * outputs), gates, recurrent, scratch, samples, steps, units);
  }
};

export const lstmGradient: ProbeCase<'lstmGradient'> = (kernel, bench) => {
  for (const units of [4, 5]) {
    const outputs = samples * steps * units;
    const gates = bench.kept(bench.floats(4 * outputs), 16 * outputs);
    const [gradient, cells] = [bench.floats(outputs), bench.floats(outputs, 2)];
    const scratch = bench.scratch(8 * samples * units);
    kernel(gates, gradient, cells, packed(bench, 4 * units, units), scratch, samples, steps, units);
  }
};

export const previousSteps: ProbeCase<'previousSteps'> = (kernel, bench) =>
  kernel(bench.output(4 * samples * steps * 5), bench.floats(samples * steps * 5), samples, steps, 5);
