import { defineActivation } from './activation.ts';

/** y = 1 / (1 + e^−x), element by element. Any shape to the same shape. */
export const sigmoid = defineActivation('sigmoid');
