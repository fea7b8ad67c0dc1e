// What the numerics probe has the kernels of shared/kernels/gelu.ts compute.

import { type ProbeCase, unary, unaryGradient } from '../probe_case.ts';

export const gelu: ProbeCase<'gelu'> = unary(6);

export const geluGradient: ProbeCase<'geluGradient'> = unaryGradient(6);

export const geluExact: ProbeCase<'geluExact'> = unary(6);

export const geluExactGradient: ProbeCase<'geluExactGradient'> = unaryGradient(6);
