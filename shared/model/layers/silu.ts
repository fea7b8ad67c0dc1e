import { defineActivation } from './activation.ts';

/** y = x / (1 + e^−x), element by element: SiLU, or swish. Any shape to the same shape. */
export const silu = defineActivation('silu');
