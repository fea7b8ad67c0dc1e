import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { defineLayer } from './layer.ts';

export interface PositionalEmbeddingOptions {
  /** Of what is added; normal with a standard deviation of 0.02 if left out. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('positionalEmbedding'),
  initializer: v.exactOptional(initializerSchema),
});

/** Adds a learnt row to each position: [positions, width] to the same shape, with a parameter of that shape. */
export const positionalEmbedding = defineLayer<typeof schema, [options?: PositionalEmbeddingOptions]>(
  (options = {}) => ({ type: 'positionalEmbedding', ...options }),
  {
    type: 'positionalEmbedding',
    schema,
    append(chain, { initializer = { kind: 'normal', standardDeviation: 0.02 } }) {
      const name = chain.numbered('positionalEmbedding');
      chain.apply(name, 'add', [chain.parameter(`${name}.positions`, chain.last.shape, initializer)]);
    },
  },
);
