import * as v from 'valibot';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { InputError } from '../../errors.ts';
import { countSchema, defineLayer } from './layer.ts';

/** What an embedding may state besides its width. */
export interface EmbeddingOptions {
  /** Rows of the table; as many as the data has different token ids if left out. */
  readonly entries?: number;
  /** Of the table; normal with a standard deviation of 0.02 if left out. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('embedding'),
  width: countSchema,
  entries: v.exactOptional(countSchema),
  initializer: v.exactOptional(initializerSchema),
});

/**
 * The first layer of a model of token ids: ids [...] to [..., width], a row of a learnt table [entries, width] for each id.
 * @param width elements of a row.
 */
export const embedding = defineLayer<typeof schema, [width: number, options?: EmbeddingOptions]>(
  (width, options = {}) => ({ type: 'embedding', width, ...options }),
  {
    type: 'embedding',
    schema,
    append(chain, { width, entries = chain.tokens, initializer = { kind: 'normal', standardDeviation: 0.02 } }) {
      if (entries === undefined)
        throw new InputError('layer embedding: the data does not say how many token ids there are: state entries');
      const name = chain.numbered('embedding');
      chain.apply(name, 'embedding', [chain.parameter(`${name}.table`, [entries, width], initializer)]);
    },
  },
);
