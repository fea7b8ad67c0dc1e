import { defineActivation } from './activation.ts';

/** y = ln(1 + e^x), element by element. Any shape to the same shape. */
export const softplus = defineActivation('softplus');
