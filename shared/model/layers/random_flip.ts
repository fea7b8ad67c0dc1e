import * as v from 'valibot';
import { flipProbabilitySchema } from '../../engine/ops/augmentation.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({
  type: v.literal('randomFlip'),
  probability: v.exactOptional(flipProbabilitySchema),
});

/**
 * Augmentation: in training, some images are mirrored left to right, other ones in each step. An image [height, width,
 * channels] to the same shape.
 * @param probability of each image; 0.5 if left out.
 */
export const randomFlip = defineLayer<typeof schema, [probability?: number]>(
  (probability) => ({ type: 'randomFlip', ...(probability !== undefined && { probability }) }),
  {
    type: 'randomFlip',
    schema,
    append: (chain, { probability = 0.5 }) =>
      chain.apply(chain.numbered('randomFlip'), 'randomFlip', [], { probability, ...chain.augmentation() }),
  },
);
