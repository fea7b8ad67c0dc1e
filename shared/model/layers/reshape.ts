import * as v from 'valibot';
import { shapeSchema } from '../../engine/graph.ts';
import type { Shape } from '../../engine/shape.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('reshape'), shape: shapeSchema });

/** The same elements of each sample, row-major, under another shape: any shape to `shape`. */
export const reshape = defineLayer<typeof schema, [shape: Shape]>((shape) => ({ type: 'reshape', shape: [...shape] }), {
  type: 'reshape',
  schema,
  append: (chain, { shape }) => chain.reshape(shape),
});
