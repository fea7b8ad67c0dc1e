// unembedding: the table of an embedding, used a second time (O. Press, L. Wolf, "Using the output embedding to improve language
// models", EACL 2017).

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { defineLayer } from './layer.ts';

/** Which table an unembedding uses. */
export interface UnembeddingOptions {
  /** The name of an embedding layer; `embedding1`, the first one, if left out. */
  readonly of?: string;
}

const schema = v.strictObject({ type: v.literal('unembedding'), of: v.exactOptional(v.string()) });

/**
 * Rows [..., width] times the transposed table of an embedding, [entries, width]: how much each is like each of the table’s rows,
 * [..., entries]. No parameters of its own: the table learns from both uses.
 */
export const unembedding = defineLayer<typeof schema, [options?: UnembeddingOptions]>(
  (options = {}) => ({ type: 'unembedding', ...options }),
  {
    type: 'unembedding',
    schema,
    append(chain, { of = 'embedding1' }) {
      const table = chain.tensor(`${of}.table`);
      if (table === undefined) throw new InputError(`layer unembedding: there is no embedding ${of} before it`);
      chain.apply(chain.numbered('unembedding'), 'matmul', [table], { transposed: true });
    },
  },
);
