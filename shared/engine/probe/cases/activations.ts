// What the numerics probe has the kernels of shared/kernels/activations.ts compute.

import { bytes, elements, type ProbeCase, unary, unaryGradient } from '../probe_case.ts';

export const silu: ProbeCase<'silu'> = unary(20);

export const siluGradient: ProbeCase<'siluGradient'> = unaryGradient(20);

export const softplus: ProbeCase<'softplus'> = unary(20);

export const softplusGradient: ProbeCase<'softplusGradient'> = unaryGradient(20);

export const leakyRelu: ProbeCase<'leakyRelu'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), elements, 0.3);

export const leakyReluGradient: ProbeCase<'leakyReluGradient'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements, 0.3);

export const clip: ProbeCase<'clip'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), elements, -0.4, 0.5);

export const clipGradient: ProbeCase<'clipGradient'> = (kernel, bench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements, -0.4, 0.5);
