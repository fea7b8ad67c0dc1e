// dense: y = x W + b, for all elements of a sample at once.

import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { countSchema, defineLayer } from './layer.ts';

/** What a dense layer may state besides its units. */
export interface DenseOptions {
  /** Of the weights; `he` if left out. The bias starts at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('dense'),
  units: countSchema,
  initializer: v.exactOptional(initializerSchema),
});

/**
 * A dense layer: any shape, flattened to [n], to [units]. Weights [n, units], bias [units].
 * @param units how many values the layer gives for each sample.
 */
export const dense = defineLayer<typeof schema, [units: number, options?: DenseOptions]>(
  (units, options = {}) => ({ type: 'dense', units, ...options }),
  {
    type: 'dense',
    schema,
    append(chain, { units, initializer = { kind: 'he' } }) {
      const name = chain.numbered('dense');
      const inner = chain.flatten();
      const weight = chain.parameter(`${name}.weight`, [inner, units], initializer);
      chain.apply(`${name}.product`, 'matmul', [weight]);
      chain.addBias(name);
    },
  },
);
