// What the numerics probe has the kernels of shared/kernels/depthwise.ts compute.

import { epilogueCodes } from '../../kernels.ts';
import type { ProbeCase } from '../probe_case.ts';

/** Images of 6 channels, a kernel of 2x4 over 5x9, with stride 1: tiles of pixels, and what is left of them. */
const geometry = [2, 5, 9, 6, 2, 4, 4, 6, 1, 1] as const;
const inputs = 2 * 5 * 9 * 6;
const outputs = 2 * 4 * 6 * 6;
const filters = 2 * 4 * 6;

export const depthwiseConv2d: ProbeCase<'depthwiseConv2d'> = (kernel, bench) => {
  const [x, weights, bias] = [bench.floats(inputs + 4), bench.floats(filters + 4), bench.floats(8)];
  kernel(bench.output(4 * outputs), x, weights, bias, epilogueCodes.relu, ...geometry);
  kernel(bench.output(4 * outputs), x, weights, 0, epilogueCodes.none, ...geometry);
};

export const depthwiseFilterGradient: ProbeCase<'depthwiseFilterGradient'> = (kernel, bench) =>
  kernel(bench.output(4 * filters), bench.floats(inputs + 4), bench.floats(outputs + 4), ...geometry);

export const reverseRows: ProbeCase<'reverseRows'> = (kernel, bench) =>
  kernel(bench.output(4 * 21), bench.floats(21), 3, 7);
