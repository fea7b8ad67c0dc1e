import { definePooling } from './pooling.ts';

/**
 * Each channel's maximum in a window: an image [height, width, channels] to [height', width', channels].
 * @param size height and width of the window.
 */
export const maxPool = definePooling('maxPool');
