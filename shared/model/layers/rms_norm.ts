import { defineNormalization } from './normalization.ts';

/**
 * y = x / √(mean of x² + epsilon) * gain, along the last dimension. Any shape to the same shape; the gain is of the last
 * dimension's length and starts at one.
 */
export const rmsNorm = defineNormalization('rmsNorm', false);
