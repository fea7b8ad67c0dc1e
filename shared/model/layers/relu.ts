import { defineActivation } from './activation.ts';

/** y = max(x, 0), element by element. Any shape to the same shape. */
export const relu = defineActivation('relu');
