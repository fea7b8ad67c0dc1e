// What the numerics probe has the kernels of shared/kernels/activations.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

const forward = (kernel: Kernels['silu'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements, 20), elements);

const backward = (kernel: Kernels['siluGradient'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements, 20), elements);

export const silu: ProbeCase<'silu'> = forward;

export const siluGradient: ProbeCase<'siluGradient'> = backward;

export const softplus: ProbeCase<'softplus'> = forward;

export const softplusGradient: ProbeCase<'softplusGradient'> = backward;

export const leakyRelu: ProbeCase<'leakyRelu'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), elements, 0.3);

export const leakyReluGradient: ProbeCase<'leakyReluGradient'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements, 0.3);
