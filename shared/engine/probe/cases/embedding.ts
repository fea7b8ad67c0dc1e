// What the numerics probe has the kernels of shared/kernels/embedding.ts compute.

import type { ProbeCase } from '../probe_case.ts';

const [rows, columns, entries] = [9, 13, 4];

export const embedding: ProbeCase<'embedding'> = (kernel, bench) =>
  kernel(
    bench.output(4 * rows * columns),
    bench.floats(entries * columns),
    bench.integers(rows, entries),
    rows,
    columns,
  );

export const embeddingGradient: ProbeCase<'embeddingGradient'> = (kernel, bench) => {
  const [sums, gradient] = [bench.output(4 * entries * columns), bench.floats(rows * columns)];
  kernel(sums, gradient, bench.integers(rows, entries), rows, columns, entries);
};
