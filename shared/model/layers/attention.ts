// attention: multi-head self-attention with learnt projections.

import * as v from 'valibot';
import { attentionEntries } from '../../engine/ops/attention.ts';
import { MismatchError } from '../../engine/ops/op.ts';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { shapeText } from '../../engine/shape.ts';
import type { AttentionOptions } from '../builder.ts';
import type { LayerChain } from '../layer_chain.ts';
import { defineLayer } from './layer.ts';

/** How positions look at each other. */
export interface SelfAttentionOptions extends AttentionOptions {
  /** Of the weights; `xavier` if left out. Biases start at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('attention'),
  ...attentionEntries,
  initializer: v.exactOptional(initializerSchema),
});

/**
 * Self-attention: [positions, width] to the same shape. Weights of queries and output [width, width], of keys and values [width,
 * keyValueHeads * width / heads], each with a bias.
 */
export const attention = defineLayer<typeof schema, [options: SelfAttentionOptions]>(
  (options) => ({ type: 'attention', ...options }),
  {
    type: 'attention',
    schema,
    append: (chain, { type: _type, ...options }) => appendAttention(chain, chain.numbered('attention'), options),
  },
);

/** @throws {MismatchError} if the chain has come to no [positions, width] that the heads divide. */
export function appendAttention(
  chain: LayerChain,
  name: string,
  { initializer = { kind: 'xavier' }, ...attributes }: SelfAttentionOptions,
): void {
  const x = chain.last;
  const { heads, keyValueHeads = heads } = attributes;
  const [, width] = x.shape;
  if (x.shape.length !== 2 || width === undefined || width % heads !== 0)
    throw new MismatchError(name, `[positions, width] with a width that ${heads} heads divide`, shapeText(x.shape));
  const project = (part: string, units: number) => {
    chain.continueFrom(x);
    chain.project(`${name}.${part}`, units, initializer);
    return chain.last;
  };
  const shared = (keyValueHeads * width) / heads;
  const queries = project('query', width);
  const [keys, values] = [project('key', shared), project('value', shared)];
  chain.continueFrom(queries);
  chain.apply(`${name}.heads`, 'attention', [keys, values], { ...attributes });
  chain.project(`${name}.output`, width, initializer);
}
