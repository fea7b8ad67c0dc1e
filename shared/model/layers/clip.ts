import * as v from 'valibot';
import { boundSchema } from '../../engine/ops/activations.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('clip'), low: boundSchema, high: boundSchema });

/**
 * y = x, but no less than low and no more than high, element by element. Any shape to the same shape.
 * @param high above low.
 */
export const clip = defineLayer<typeof schema, [low: number, high: number]>(
  (low, high) => ({ type: 'clip', low, high }),
  {
    type: 'clip',
    schema,
    append: (chain, { low, high }) => chain.apply(chain.numbered('clip'), 'clip', [], { low, high }),
  },
);
