import * as v from 'valibot';
import { axisSchema } from '../../engine/ops/axis.ts';
import { defineLayer } from './layer.ts';

/** What a softmax may state. */
export interface SoftmaxOptions {
  /** A dimension of the sample, from 0 on or from −1, the last one, back; −1 if left out. */
  readonly axis?: number;
}

const schema = v.strictObject({ type: v.literal('softmax'), axis: v.exactOptional(axisSchema) });

/**
 * e^x / Σ e^x along an axis. Any shape to the same shape. The loss `softmax-cross-entropy` has its own: it takes what stands
 * before a softmax.
 */
export const softmax = defineLayer<typeof schema, [options?: SoftmaxOptions]>(
  (options = {}) => ({ type: 'softmax', ...options }),
  {
    type: 'softmax',
    schema,
    append: (chain, { axis }) =>
      chain.apply(chain.numbered('softmax'), 'softmax', [], axis === undefined ? axis : { axis }),
  },
);
