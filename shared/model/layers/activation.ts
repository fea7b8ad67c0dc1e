// Layers without anything to state, one op of the layer's name: activations, any shape to the same shape, and some others.

import * as v from 'valibot';
import { defineLayer } from './layer.ts';

export function defineActivation<const Type extends string>(type: Type) {
  const schema = v.strictObject({ type: v.literal(type) });
  return defineLayer<typeof schema, []>(() => ({ type }) as v.InferOutput<typeof schema>, {
    type: type as v.InferOutput<typeof schema>['type'],
    schema,
    append: (chain) => chain.apply(chain.numbered(type), type),
  });
}
