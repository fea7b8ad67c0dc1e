// What the numerics probe has the kernels of shared/kernels/products.ts compute.

import { bytes, elements, type ProbeCase } from '../probe_case.ts';

export const multiply: ProbeCase<'multiply'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements);

export const multiplyRows: ProbeCase<'multiplyRows'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(13), 3, 13);

export const matmulEach: ProbeCase<'matmulEach'> = (kernel, bench) => {
  const [count, rows, columns, inner] = [2, 5, 11, 6];
  for (const transposedA of [0, 1]) {
    for (const transposedB of [0, 1]) {
      const [c, a] = [bench.output(4 * count * rows * columns), bench.floats(count * rows * inner)];
      const b = bench.floats(count * inner * columns);
      const packed = bench.scratch(bench.kernels.packedBytes(inner, columns));
      const scratch = bench.scratch(bench.kernels.scratchBytes(rows, columns, inner));
      kernel(c, a, b, packed, scratch, count, rows, columns, inner, transposedA, transposedB);
    }
  }
};
