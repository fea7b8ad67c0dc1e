// What the numerics probe has the kernels of shared/kernels/gelu.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

const forward = (kernel: Kernels['gelu'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements, 6), elements);

const backward = (kernel: Kernels['geluGradient'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements, 6), elements);

export const gelu: ProbeCase<'gelu'> = forward;

export const geluGradient: ProbeCase<'geluGradient'> = backward;

export const geluExact: ProbeCase<'geluExact'> = forward;

export const geluExactGradient: ProbeCase<'geluExactGradient'> = backward;
