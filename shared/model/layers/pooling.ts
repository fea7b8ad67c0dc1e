// What the two pooling layers have in common: a window slides over each channel of an image.

import * as v from 'valibot';
import { type Padding, paddingSchema, strideSchema } from '../../engine/ops/window.ts';
import { defineLayer } from './layer.ts';

export interface PoolingOptions {
  /** As the window's size if left out: windows side by side. */
  readonly stride?: number;
  /** `valid` (windows stay inside) if left out; `same`: they reach over the border, and only the cells inside count. */
  readonly padding?: Padding;
}

export function definePooling<const Type extends string>(type: Type) {
  const schema = v.strictObject({
    type: v.literal(type),
    size: strideSchema,
    stride: v.exactOptional(strideSchema),
    padding: v.exactOptional(paddingSchema),
  });
  return defineLayer<typeof schema, [size: number, options?: PoolingOptions]>(
    (size, options = {}) => ({ type, size, ...options }) as v.InferOutput<typeof schema>,
    {
      type: type as v.InferOutput<typeof schema>['type'],
      schema,
      append(chain, { size, stride = size, padding = 'valid' }) {
        chain.apply(chain.numbered(type), type, [], { size, stride, padding });
      },
    },
  );
}
