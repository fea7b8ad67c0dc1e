// What the numerics probe has the kernels of shared/kernels/transcendental.ts compute.

import { type ProbeCase, unary } from '../probe_case.ts';

export const sigmoid: ProbeCase<'sigmoid'> = unary(20);

export const tanh: ProbeCase<'tanh'> = unary(4);

export const exp: ProbeCase<'exp'> = unary(80);

export const log: ProbeCase<'log'> = unary(2, 2.001);
