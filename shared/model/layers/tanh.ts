import { defineActivation } from './activation.ts';

/** y = tanh x, element by element. Any shape to the same shape. */
export const tanh = defineActivation('tanh');
