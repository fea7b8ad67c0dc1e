import { defineNormalization } from './normalization.ts';

/**
 * y = (x − mean) / √(variance + epsilon) * gain + bias, along the last dimension. Any shape to the same shape; gain and bias
 * are of the last dimension's length and start at one and zero.
 */
export const layerNorm = defineNormalization('layerNorm', true);
