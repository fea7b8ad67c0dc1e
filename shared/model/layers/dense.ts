// dense: y = x W + b, for all elements of a sample at once or for each position alone.

import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { countSchema, defineLayer } from './layer.ts';

/** What a dense layer may state besides its units. */
export interface DenseOptions {
  /** Of the weights; `he` if left out. The bias starts at zero. */
  readonly initializer?: Initializer;
  /** True: the same weights for each position, [..., n] to [..., units], instead of all elements of a sample in one row. */
  readonly perPosition?: boolean;
  /** False: no bias. */
  readonly bias?: boolean;
}

const schema = v.strictObject({
  type: v.literal('dense'),
  units: countSchema,
  initializer: v.exactOptional(initializerSchema),
  perPosition: v.exactOptional(v.boolean()),
  bias: v.exactOptional(v.boolean()),
});

/**
 * A dense layer: any shape, flattened to [n], to [units]; or, `perPosition`, [..., n] to [..., units]. Weights [n, units],
 * bias [units].
 * @param units how many values the layer gives for each sample, or position.
 */
export const dense = defineLayer<typeof schema, [units: number, options?: DenseOptions]>(
  (units, options = {}) => ({ type: 'dense', units, ...options }),
  {
    type: 'dense',
    schema,
    append(chain, { units, initializer = { kind: 'he' }, perPosition = false, bias = true }) {
      const name = chain.numbered('dense');
      if (!perPosition) chain.flatten();
      chain.project(name, units, initializer, bias);
    },
  },
);
