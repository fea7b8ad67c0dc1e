// What the numerics probe has the kernels of shared/kernels/normalization.ts compute.

import type { ProbeCase } from '../probe_case.ts';

/** More rows than go together. */
const [rows, columns] = [5, 13];
const elements = rows * columns;

export const normalizeRows: ProbeCase<'normalizeRows'> = (kernel, bench) => {
  for (const centred of [0, 1]) {
    const bias = centred === 0 ? 0 : bench.floats(columns);
    const [output, normalized, factors] = [
      bench.output(4 * elements),
      bench.output(4 * elements),
      bench.output(4 * rows),
    ];
    const [x, gain] = [bench.floats(elements, 3, 1), bench.floats(columns)];
    kernel(output, normalized, factors, x, gain, bias, rows, columns, 1e-5, centred);
  }
};

export const normalizeRowsGradient: ProbeCase<'normalizeRowsGradient'> = (kernel, bench) => {
  for (const centred of [0, 1]) {
    const [target, gradient, normalized] = [bench.output(4 * elements), bench.floats(elements), bench.floats(elements)];
    kernel(target, gradient, normalized, bench.floats(rows), bench.floats(columns), rows, columns, centred);
  }
};

export const sumRowProducts: ProbeCase<'sumRowProducts'> = (kernel, bench) =>
  kernel(bench.output(4 * columns), bench.floats(elements), bench.floats(elements), rows, columns);
