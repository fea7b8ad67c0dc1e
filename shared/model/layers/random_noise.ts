import * as v from 'valibot';
import { positive } from '../../json/numbers.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('randomNoise'), standardDeviation: positive });

/**
 * Augmentation: in training, a normal number is added to each element, another one in each step; else nothing. Any shape
 * to the same shape. Pixels that are stored as bytes have become 0 to 1 before.
 */
export const randomNoise = defineLayer<typeof schema, [standardDeviation: number]>(
  (standardDeviation) => ({ type: 'randomNoise', standardDeviation }),
  {
    type: 'randomNoise',
    schema,
    append: (chain, { standardDeviation }) =>
      chain.apply(chain.numbered('randomNoise'), 'randomNoise', [], { standardDeviation, ...chain.augmentation() }),
  },
);
