import * as v from 'valibot';
import { elementsOf } from '../../engine/shape.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('flatten') });

/** All elements of a sample in one row: any shape to [elements]. */
export const flatten = defineLayer<typeof schema, []>(() => ({ type: 'flatten' }), {
  type: 'flatten',
  schema,
  append: (chain) => chain.reshape([elementsOf(chain.last.shape)]),
});
