// What the numerics probe has the kernels of shared/kernels/elementwise.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import { epilogueCodes } from '../../kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

/** inputGradient = outputGradient * f'(output). */
const activationGradient = (kernel: Kernels['reluGradient'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements);

export const scaleBytes: ProbeCase<'scaleBytes'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.bytes(elements), elements, 1 / 255, -0.3);

export const scale: ProbeCase<'scale'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), elements, 0.7, -0.3);

export const fill: ProbeCase<'fill'> = (kernel, bench) => kernel(bench.output(bytes), elements, 0.3);

export const copy: ProbeCase<'copy'> = (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements), elements);

export const add: ProbeCase<'add'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements);

export const addBias: ProbeCase<'addBias'> = (kernel, bench) => {
  for (const code of [epilogueCodes.none, epilogueCodes.relu]) {
    kernel(bench.output(bytes), bench.floats(elements), bench.floats(13), 3, 13, code);
  }
};

export const sumRows: ProbeCase<'sumRows'> = (kernel, bench) =>
  kernel(bench.output(4 * 23), bench.floats(5 * 23), 5, 23);

export const relu: ProbeCase<'relu'> = (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements), elements);

export const reluGradient: ProbeCase<'reluGradient'> = activationGradient;

export const sigmoidGradient: ProbeCase<'sigmoidGradient'> = activationGradient;

export const tanhGradient: ProbeCase<'tanhGradient'> = activationGradient;

export const allFinite: ProbeCase<'allFinite'> = (kernel, bench) => {
  bench.result(kernel(bench.floats(elements), elements));
  bench.result(kernel(bench.floats(elements, Number.POSITIVE_INFINITY), elements));
};
