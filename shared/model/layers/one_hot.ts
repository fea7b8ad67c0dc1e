// oneHot: token ids as rows, 1 at the id, 0 elsewhere.

import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('oneHot') });

/** The first layer of a model of token ids: ids [...] to [..., ids there are], 1 at the id, 0 elsewhere. */
export const oneHot = defineLayer<typeof schema, []>(() => ({ type: 'oneHot' }), {
  type: 'oneHot',
  schema,
  append(chain) {
    if (chain.tokens === undefined) throw new InputError('layer oneHot: the data has no token ids');
    chain.apply(chain.numbered('oneHot'), 'oneHot', [], { classes: chain.tokens });
  },
});
