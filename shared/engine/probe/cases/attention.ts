// What the numerics probe has the kernels of shared/kernels/attention.ts compute.

import type { Pointer } from '../../kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';
import type { ProbeCase } from '../probe_case.ts';

/** Heads that share keys, turned and masked; more queries than one block; a size that leaves a remainder. */
const shapes = [
  { samples: 2, positions: 11, heads: 4, keyValueHeads: 2, size: 6, causal: 1, isTurned: true },
  { samples: 1, positions: 13, heads: 2, keyValueHeads: 1, size: 5, causal: 0, isTurned: false },
  { samples: 1, positions: 69, heads: 1, keyValueHeads: 1, size: 8, causal: 1, isTurned: false },
] as const;

type Shape = (typeof shapes)[number];

function inputsOf(bench: ProbeBench, { samples, positions, heads, keyValueHeads, size, isTurned }: Shape) {
  const rows = samples * positions;
  return {
    q: bench.floats(rows * heads * size, 2),
    k: bench.floats(rows * keyValueHeads * size, 2),
    v: bench.floats(rows * keyValueHeads * size),
    rotary: isTurned ? bench.floats(positions * size) : (0 as const),
    bytes: 4 * rows * size,
    counts: [samples, positions, heads, keyValueHeads, size] as const,
  };
}

/** Enough for the largest of them. */
const scratchOf = (bench: ProbeBench) => bench.scratch(bench.kernels.attentionScratchBytes(69, 8));

export const attentionScratchBytes: ProbeCase<'attentionScratchBytes'> = (kernel, bench) => bench.result(kernel(11, 6));

export const attention: ProbeCase<'attention'> = (kernel, bench) => {
  const scratch = scratchOf(bench);
  for (const shape of shapes) {
    const { q, k, v, rotary, bytes, counts } = inputsOf(bench, shape);
    const statistics = bench.output(8 * shape.samples * shape.positions * shape.heads);
    kernel(bench.output(shape.heads * bytes), statistics, q, k, v, rotary, scratch, ...counts, shape.causal);
  }
};

export const attentionGradient: ProbeCase<'attentionGradient'> = (kernel, bench) => {
  const scratch = scratchOf(bench);
  for (const shape of shapes) {
    const { q, k, v, rotary, bytes, counts } = inputsOf(bench, shape);
    const [heads, keyValueHeads] = [shape.heads, shape.keyValueHeads];
    const gradients = [heads, keyValueHeads, keyValueHeads].map((count) => bench.output(count * bytes));
    const [dq = 0 as Pointer, dk = 0 as Pointer, dv = 0 as Pointer] = gradients;
    const statistics = bench.floats(2 * shape.samples * shape.positions * heads, 0.2, 1);
    const output = bench.floats((heads * bytes) / 4);
    kernel(dq, dk, dv, output, statistics, q, k, v, rotary, scratch, ...counts, shape.causal);
  }
};
