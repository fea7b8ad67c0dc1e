// batchNorm: each channel normalized over samples and pixels, with parameters and running statistics for each.

import * as v from 'valibot';
import { momentumSchema } from '../../engine/state_updates.ts';
import { epsilon } from '../../json/numbers.ts';
import { defineLayer } from './layer.ts';

/** What a batch norm may state. */
export interface BatchNormOptions {
  /** Added to the variance; 1e-5 if left out. */
  readonly epsilon?: number;
  /** How far a step moves the running statistics to its own, above 0, at most 1; 0.1 if left out. */
  readonly momentum?: number;
}

const schema = v.strictObject({
  type: v.literal('batchNorm'),
  epsilon: v.exactOptional(epsilon),
  momentum: v.exactOptional(momentumSchema),
});

/**
 * y = (x − mean) / √(variance + epsilon) * gain + bias, in each channel (of the last dimension) alone. Any shape to the same
 * shape; gain and bias are of the last dimension's length and start at one and zero. In training, mean and variance are
 * those of the microbatch, over its samples and pixels: `microbatchSize` matters. Else they are the running ones.
 */
export const batchNorm = defineLayer<typeof schema, [options?: BatchNormOptions]>(
  (options = {}) => ({ type: 'batchNorm', ...options }),
  {
    type: 'batchNorm',
    schema,
    append(chain, { epsilon: added, momentum = 0.1 }) {
      const name = chain.numbered('batchNorm');
      const shape = [chain.last.shape.at(-1) ?? 1];
      const gain = chain.parameter(`${name}.gain`, shape, { kind: 'constant', value: 1 });
      const bias = chain.parameter(`${name}.bias`, shape, { kind: 'constant', value: 0 });
      const mean = chain.movingAverage(`${name}.runningMean`, shape, 0, momentum);
      const variance = chain.movingAverage(`${name}.runningVariance`, shape, 1, momentum);
      chain.apply(
        name,
        'batchNorm',
        [gain, bias, mean, variance],
        added === undefined ? undefined : { epsilon: added },
      );
    },
  },
);
