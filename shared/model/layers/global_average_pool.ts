import { defineActivation } from './activation.ts';

/** Each channel's mean over the whole image: an image [height, width, channels] to [channels]. */
export const globalAveragePool = defineActivation('globalAveragePool');
