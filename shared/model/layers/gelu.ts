import { defineActivation } from './activation.ts';

/** y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), element by element. Any shape to the same shape. */
export const gelu = defineActivation('gelu');
