// What the numerics probe has the kernels of shared/kernels/batch_normalization.ts compute.

import { epilogueCodes } from '../../kernels.ts';
import type { ProbeCase } from '../probe_case.ts';

const [rows, columns] = [5, 11];
const elements = rows * columns;
const columnBytes = 4 * columns;

export const columnMoments: ProbeCase<'columnMoments'> = (kernel, bench) =>
  kernel(bench.output(columnBytes), bench.output(columnBytes), bench.floats(elements, 3, 1), rows, columns);

export const inverseDeviations: ProbeCase<'inverseDeviations'> = (kernel, bench) =>
  kernel(bench.output(columnBytes), bench.floats(columns, 1, 1), columns, 1e-5);

export const normalizeColumns: ProbeCase<'normalizeColumns'> = (kernel, bench) => {
  for (const epilogue of [epilogueCodes.none, epilogueCodes.relu]) {
    const [output, x] = [bench.output(4 * elements), bench.floats(elements, 3, 1)];
    const [means, factors] = [bench.floats(columns), bench.floats(columns, 1, 2)];
    kernel(output, x, means, factors, bench.floats(columns), bench.floats(columns), rows, columns, epilogue);
  }
};

export const columnGradientSums: ProbeCase<'columnGradientSums'> = (kernel, bench) => {
  const [sums, products] = [bench.output(columnBytes), bench.output(columnBytes)];
  const [gradient, x] = [bench.floats(elements), bench.floats(elements, 3, 1)];
  kernel(sums, products, gradient, x, bench.floats(columns), bench.floats(columns, 1, 2), rows, columns);
};

export const normalizeColumnsGradient: ProbeCase<'normalizeColumnsGradient'> = (kernel, bench) => {
  const [target, gradient, x] = [bench.output(4 * elements), bench.floats(elements), bench.floats(elements, 3, 1)];
  const [means, factors, gain] = [bench.floats(columns), bench.floats(columns, 1, 2), bench.floats(columns)];
  const [sums, products, scratch] = [bench.floats(columns), bench.floats(columns), bench.scratch(2 * columnBytes)];
  kernel(target, gradient, x, means, factors, gain, sums, products, scratch, rows, columns);
};
