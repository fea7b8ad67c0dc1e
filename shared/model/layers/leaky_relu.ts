import * as v from 'valibot';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('leakyRelu'), slope: v.exactOptional(v.pipe(v.number(), v.finite())) });

/**
 * y = x where that is positive, else slope * x, element by element. Any shape to the same shape.
 * @param slope 0.01 if left out.
 */
export const leakyRelu = defineLayer<typeof schema, [slope?: number]>(
  (slope) => ({ type: 'leakyRelu', ...(slope !== undefined && { slope }) }),
  {
    type: 'leakyRelu',
    schema,
    append: (chain, { slope }) =>
      chain.apply(chain.numbered('leakyRelu'), 'leakyRelu', [], slope === undefined ? undefined : { slope }),
  },
);
