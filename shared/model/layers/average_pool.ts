import { definePooling } from './pooling.ts';

/**
 * Each channel's mean in a window: an image [height, width, channels] to [height', width', channels].
 * @param size height and width of the window.
 */
export const averagePool = definePooling('averagePool');
