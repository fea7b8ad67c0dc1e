import * as v from 'valibot';
import { dropoutRateSchema } from '../../engine/ops/dropout.ts';
import type { LayerChain } from '../layer_chain.ts';
import { defineLayer } from './layer.ts';

const schema = v.strictObject({ type: v.literal('dropout'), rate: dropoutRateSchema });

/**
 * In training, each element is 0 with this probability, else x / (1 − rate); otherwise x. Any shape to the same shape. Masks
 * depend on the job’s seed, the step and the sample, so that results stay the same on any number of workers.
 * @param rate from 0 to below 1.
 */
export const dropout = defineLayer<typeof schema, [rate: number]>((rate) => ({ type: 'dropout', rate }), {
  type: 'dropout',
  schema,
  append: (chain, { rate }) => appendDropout(chain, chain.numbered('dropout'), rate),
});

/** Each dropout of a graph draws from a stream of its own. */
export function appendDropout(chain: LayerChain, name: string, rate: number): void {
  chain.apply(name, 'dropout', [], { rate, ...chain.dropout() });
}
