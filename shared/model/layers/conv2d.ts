// conv2d: cross-correlation with learnt filters, plus a bias for each of them unless it is left out.

import * as v from 'valibot';
import { MismatchError } from '../../engine/ops/op.ts';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { type Padding, paddingSchema, strideSchema } from '../../engine/ops/window.ts';
import { shapeText } from '../../engine/shape.ts';
import { countSchema, defineLayer } from './layer.ts';

/** Filters, and how they move over an image. */
export interface Conv2dOptions {
  /** How many there are. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: number;
  /** 1 if left out. */
  readonly stride?: number;
  /** `valid` (no zeros around the image) if left out; `same`: the output is as large as the input, over the
   * stride; a number: so many zeros on each side. */
  readonly padding?: Padding;
  /** True if left out; in front of a batch norm, which takes it off again, it is of no use. */
  readonly bias?: boolean;
  /** Of the weights; `he` if left out. The bias starts at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('conv2d'),
  filters: countSchema,
  kernelSize: strideSchema,
  stride: v.exactOptional(strideSchema),
  padding: v.exactOptional(paddingSchema),
  bias: v.exactOptional(v.boolean()),
  initializer: v.exactOptional(initializerSchema),
});

/**
 * A convolutional layer: an image [height, width, channels] to [height', width', filters]. Weights [kernelSize,
 * kernelSize, channels, filters], bias [filters] unless `bias` is false.
 */
export const conv2d = defineLayer<typeof schema, [options: Conv2dOptions]>(
  (options) => ({ type: 'conv2d', ...options }),
  {
    type: 'conv2d',
    schema,
    append(chain, { filters, kernelSize, stride = 1, padding = 'valid', bias = true, initializer = { kind: 'he' } }) {
      const name = chain.numbered('conv');
      const [, , channels, ...more] = chain.last.shape;
      if (channels === undefined || more.length > 0) {
        throw new MismatchError(name, 'an image [height, width, channels]', shapeText(chain.last.shape));
      }
      const weight = chain.parameter(`${name}.weight`, [kernelSize, kernelSize, channels, filters], initializer);
      chain.apply(`${name}.product`, 'conv2d', [weight], { stride, padding });
      if (bias) chain.addBias(name);
    },
  },
);
