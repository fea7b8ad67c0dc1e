import * as v from 'valibot';
import { cropPaddingSchema, cropSizeSchema } from '../../engine/ops/augmentation.ts';
import { defineLayer } from './layer.ts';

/** What is cut out of an image. */
export interface RandomCropOptions {
  /** Of the part, in pixels. */
  readonly height: number;
  /** Of the part, in pixels. */
  readonly width: number;
  /** Zeros around the image, in pixels, that may be cut out with it; 0 if left out. */
  readonly padding?: number;
}

const schema = v.strictObject({
  type: v.literal('randomCrop'),
  height: cropSizeSchema,
  width: cropSizeSchema,
  padding: v.exactOptional(cropPaddingSchema),
});

/**
 * Augmentation: in training, a part of each image, another one in each step; else the middle of it. An image [height’,
 * width’, channels] to [height, width, channels].
 */
export const randomCrop = defineLayer<typeof schema, [options: RandomCropOptions]>(
  (options) => ({ type: 'randomCrop', ...options }),
  {
    type: 'randomCrop',
    schema,
    append: (chain, { height, width, padding = 0 }) =>
      chain.apply(chain.numbered('randomCrop'), 'randomCrop', [], { height, width, padding, ...chain.augmentation() }),
  },
);
