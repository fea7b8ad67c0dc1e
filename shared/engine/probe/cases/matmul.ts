// What the numerics probe has the kernels of shared/kernels/matmul.ts compute.

import { epilogueCodes } from '../../kernels.ts';
import { type ProbeCase, packed } from '../probe_case.ts';

/** Every height and width of a register tile; more rows than one tile; more of k than one sweep. */
const products = [
  ...[1, 2, 3, 4, 5, 9].flatMap((rows) => [3, 4, 13].map((columns) => [rows, columns, 5] as const)),
  [1, 4, 1027],
  [2, 3, 1027],
] as const;

export const packedBytes: ProbeCase<'packedBytes'> = (kernel, bench) => {
  for (const columns of [3, 4, 8, 13]) bench.result(kernel(5, columns));
};

export const scratchBytes: ProbeCase<'scratchBytes'> = (kernel, bench) => {
  for (const inner of [1, 40]) bench.result(kernel(5, 7, inner));
};

export const pack: ProbeCase<'pack'> = (kernel, bench) => {
  for (const columns of [3, 12, 13]) {
    kernel(bench.output(bench.kernels.packedBytes(5, columns)), bench.floats(5 * columns), 5, columns);
  }
};

export const packTransposed: ProbeCase<'packTransposed'> = (kernel, bench) => {
  for (const columns of [3, 12, 13]) {
    kernel(bench.output(bench.kernels.packedBytes(5, columns)), bench.floats(5 * columns), 5, columns);
  }
};

export const matmul: ProbeCase<'matmul'> = (kernel, bench) => {
  for (const [rows, columns, inner] of products) {
    const [output, a] = [bench.output(4 * rows * columns), bench.floats(rows * inner)];
    const hasBias = rows % 2 === 1;
    const bias = hasBias ? bench.floats(columns) : 0;
    const code = hasBias ? epilogueCodes.relu : epilogueCodes.none;
    kernel(output, a, packed(bench, inner, columns), rows, columns, inner, bias, code);
  }
};

export const matmulTransposed: ProbeCase<'matmulTransposed'> = (kernel, bench) => {
  // More rows and more of k than are transposed at a time.
  for (const [rows, columns, inner] of [...products.slice(0, -2), [18, 5, 259] as const]) {
    const [output, a] = [bench.output(4 * rows * columns), bench.floats(rows * inner)];
    const scratch = bench.scratch(bench.kernels.scratchBytes(rows, columns, inner));
    kernel(output, a, packed(bench, inner, columns), rows, columns, inner, scratch);
  }
};
