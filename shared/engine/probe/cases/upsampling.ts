// What the numerics probe has the kernels of shared/kernels/upsampling.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';

/** Images of 3x4 with 5 channels, three times as large. */
const geometry = [2, 3, 4, 5, 3] as const;
const elements = 2 * 3 * 4 * 5;

const larger = (kernel: Kernels['upsampleNearest'], bench: ProbeBench) =>
  kernel(bench.output(4 * 9 * elements), bench.floats(elements), ...geometry);

const smaller = (kernel: Kernels['upsampleNearest'], bench: ProbeBench) =>
  kernel(bench.output(4 * elements), bench.floats(9 * elements), ...geometry);

export const upsampleNearest = larger;
export const upsampleBilinear = larger;
export const upsampleNearestGradient = smaller;
export const upsampleBilinearGradient = smaller;
