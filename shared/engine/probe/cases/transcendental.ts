// What the numerics probe has the kernels of shared/kernels/transcendental.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import type { ProbeBench } from '../probe_bench.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

/** output = f(input). */
const unary =
  (range: number, offset = 0) =>
  (kernel: Kernels['exp'], bench: ProbeBench) =>
    kernel(bench.output(bytes), bench.floats(elements, range, offset), elements);

export const sigmoid: ProbeCase<'sigmoid'> = unary(20);

export const tanh: ProbeCase<'tanh'> = unary(4);

export const exp: ProbeCase<'exp'> = unary(80);

export const log: ProbeCase<'log'> = unary(2, 2.001);
