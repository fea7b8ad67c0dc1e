import * as v from 'valibot';
import { geluFormSchema } from '../../engine/ops/activations.ts';
import { defineLayer } from './layer.ts';

/** What a GELU may state. */
export interface GeluOptions {
  /** `tanh` if left out; `exact`: y = x Φ(x), with the normal distribution Φ. */
  readonly form?: 'tanh' | 'exact';
}

const schema = v.strictObject({ type: v.literal('gelu'), form: v.exactOptional(geluFormSchema) });

/** y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), element by element. Any shape to the same shape. */
export const gelu = defineLayer<typeof schema, [options?: GeluOptions]>(
  (options = {}) => ({ type: 'gelu', ...options }),
  {
    type: 'gelu',
    schema,
    append: (chain, { form }) => chain.apply(chain.numbered('gelu'), 'gelu', [], form && { form }),
  },
);
