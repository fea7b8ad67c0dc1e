import * as v from 'valibot';
import { MismatchError } from '../../engine/ops/op.ts';
import { shapeText } from '../../engine/shape.ts';
import { wholeNumber } from '../../json/numbers.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('randomShift'), pixels: wholeNumber(1, 1024) });

/**
 * Augmentation: in training, each image is moved by whole pixels in both directions, otherwise in each step, and zeros
 * follow; else it stays. An image [height, width, channels] to the same shape.
 * @param pixels how far at most.
 */
export const randomShift = defineLayer<typeof schema, [pixels: number]>((pixels) => ({ type: 'randomShift', pixels }), {
  type: 'randomShift',
  schema,
  append(chain, { pixels }) {
    const [name, [height, width]] = [chain.numbered('randomShift'), chain.last.shape];
    if (height === undefined || width === undefined) {
      throw new MismatchError(name, 'an image [height, width, channels]', shapeText(chain.last.shape));
    }
    // To move an image is to cut one of its size out of a frame of zeros around it.
    chain.apply(name, 'randomCrop', [], { height, width, padding: pixels, ...chain.augmentation() });
  },
});
