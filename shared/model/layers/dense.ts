// dense: y = x W + b, for all elements of a sample at once, or for each position by itself.

import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { countSchema, defineLayer } from './layer.ts';

/** What a dense layer may state besides its units. */
export interface DenseOptions {
  /** Of the weights; `he` if left out. The bias starts at zero. */
  readonly initializer?: Initializer;
  /** For each position by itself, with the same weights: [..., n] to [..., units], as behind a layer of sequences. */
  readonly perPosition?: boolean;
}

const schema = v.strictObject({
  type: v.literal('dense'),
  units: countSchema,
  initializer: v.exactOptional(initializerSchema),
  perPosition: v.exactOptional(v.boolean()),
});

/**
 * A dense layer: any shape, flattened to [n], to [units]; or [..., n] to [..., units], `perPosition`. Weights [n, units],
 * bias [units].
 * @param units how many values the layer gives for each sample.
 */
export const dense = defineLayer<typeof schema, [units: number, options?: DenseOptions]>(
  (units, options = {}) => ({ type: 'dense', units, ...options }),
  {
    type: 'dense',
    schema,
    append(chain, { units, initializer = { kind: 'he' }, perPosition = false }) {
      const name = chain.numbered('dense');
      const inner = perPosition ? (chain.last.shape.at(-1) ?? 1) : chain.flatten();
      const weight = chain.parameter(`${name}.weight`, [inner, units], initializer);
      chain.apply(`${name}.product`, 'matmul', [weight]);
      chain.addBias(name);
    },
  },
);
