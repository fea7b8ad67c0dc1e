// What the numerics probe has the kernels of shared/kernels/gru.ts compute.

import { type ProbeCase, packed } from '../probe_case.ts';

const [samples, steps] = [3, 3];

export const gru: ProbeCase<'gru'> = (kernel, bench) => {
  for (const units of [4, 5]) {
    const outputs = samples * steps * units;
    const gates = bench.kept(bench.floats(3 * outputs, 3), 12 * outputs);
    const [output, inner, bias] = [bench.output(4 * outputs), bench.output(4 * outputs), bench.floats(3 * units)];
    const scratch = bench.scratch(12 * samples * units);
    kernel(output, inner, gates, packed(bench, units, 3 * units), bias, scratch, samples, steps, units);
  }
};

export const gruGradient: ProbeCase<'gruGradient'> = (kernel, bench) => {
  for (const units of [4, 5]) {
    const outputs = samples * steps * units;
    const gates = bench.kept(bench.floats(3 * outputs), 12 * outputs);
    const hidden = bench.output(12 * outputs);
    const [gradient, output, inner] = [bench.floats(outputs), bench.floats(outputs), bench.floats(outputs)];
    const scratch = bench.scratch(8 * samples * units);
    const transposed = packed(bench, 3 * units, units);
    kernel(gates, hidden, gradient, output, inner, transposed, scratch, samples, steps, units);
  }
};
