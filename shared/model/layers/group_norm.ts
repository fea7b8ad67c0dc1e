// groupNorm: each sample's channels normalized in groups, with parameters for each channel.

import * as v from 'valibot';
import { groupsSchema } from '../../engine/ops/group_norm.ts';
import { epsilon } from '../../json/numbers.ts';
import { defineLayer } from './layer.ts';
import type { NormalizationOptions } from './normalization.ts';

const schema = v.strictObject({
  type: v.literal('groupNorm'),
  groups: groupsSchema,
  epsilon: v.exactOptional(epsilon),
});

/**
 * y = (x − mean) / √(variance + epsilon) * gain + bias, over each group of channels (of the last dimension) of a sample and
 * all its pixels. Any shape to the same shape; gain and bias are of the last dimension's length and start at one and zero.
 * Unlike batch norm it sees one sample alone, so it is the same in training and otherwise.
 * @param groups how many; they divide the channels.
 */
export const groupNorm = defineLayer<typeof schema, [groups: number, options?: NormalizationOptions]>(
  (groups, options = {}) => ({ type: 'groupNorm', groups, ...options }),
  {
    type: 'groupNorm',
    schema,
    append(chain, { groups, epsilon: added }) {
      const name = chain.numbered('groupNorm');
      const shape = [chain.last.shape.at(-1) ?? 1];
      const gain = chain.parameter(`${name}.gain`, shape, { kind: 'constant', value: 1 });
      const bias = chain.parameter(`${name}.bias`, shape, { kind: 'constant', value: 0 });
      chain.apply(name, 'groupNorm', [gain, bias], { groups, ...(added !== undefined && { epsilon: added }) });
    },
  },
);
