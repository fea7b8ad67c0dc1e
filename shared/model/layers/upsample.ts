import * as v from 'valibot';
import { upsampleFactorSchema, upsampleMethodSchema } from '../../engine/ops/upsample.ts';
import { defineLayer } from './layer.ts';

/** How pixels between pixels are made. */
export interface UpsampleOptions {
  /** `nearest` if left out; `bilinear`: weighted by how near the four pixels around are. */
  readonly method?: 'nearest' | 'bilinear';
}

const schema = v.strictObject({
  type: v.literal('upsample'),
  factor: upsampleFactorSchema,
  method: v.exactOptional(upsampleMethodSchema),
});

/**
 * A larger image: [height, width, channels] to [factor * height, factor * width, channels].
 * @param factor a whole number.
 */
export const upsample = defineLayer<typeof schema, [factor: number, options?: UpsampleOptions]>(
  (factor, options = {}) => ({ type: 'upsample', factor, ...options }),
  {
    type: 'upsample',
    schema,
    append: (chain, { factor, method }) =>
      chain.apply(chain.numbered('upsample'), 'upsample', [], { factor, ...(method && { method }) }),
  },
);
