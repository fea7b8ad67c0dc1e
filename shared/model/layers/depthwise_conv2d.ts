// depthwiseConv2d: each channel cross-correlated with a learnt filter of its own, plus a bias for each of them.

import * as v from 'valibot';
import { MismatchError } from '../../engine/ops/op.ts';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { type Padding, paddingSchema, strideSchema } from '../../engine/ops/window.ts';
import { shapeText } from '../../engine/shape.ts';
import { defineLayer } from './layer.ts';

/** Filters, one for each channel, and how they move over an image. */
export interface DepthwiseConv2dOptions {
  /** Height and width of the filters. */
  readonly kernelSize: number;
  /** 1 if left out. */
  readonly stride?: number;
  /** As of `conv2d`; `valid` if left out. */
  readonly padding?: Padding;
  /** True if left out. */
  readonly bias?: boolean;
  /** Of the weights; `he` if left out. The bias starts at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('depthwiseConv2d'),
  kernelSize: strideSchema,
  stride: v.exactOptional(strideSchema),
  padding: v.exactOptional(paddingSchema),
  bias: v.exactOptional(v.boolean()),
  initializer: v.exactOptional(initializerSchema),
});

/**
 * A depthwise convolution: an image [height, width, channels] to [height', width', channels]. Weights [kernelSize,
 * kernelSize, channels], bias [channels] unless `bias` is false. With a `conv2d` of 1x1 behind it, a separable convolution.
 */
export const depthwiseConv2d = defineLayer<typeof schema, [options: DepthwiseConv2dOptions]>(
  (options) => ({ type: 'depthwiseConv2d', ...options }),
  {
    type: 'depthwiseConv2d',
    schema,
    append(chain, { kernelSize, stride = 1, padding = 'valid', bias = true, initializer = { kind: 'he' } }) {
      const name = chain.numbered('depthwise');
      const [, , channels, ...more] = chain.last.shape;
      if (channels === undefined || more.length > 0) {
        throw new MismatchError(name, 'an image [height, width, channels]', shapeText(chain.last.shape));
      }
      // Its fan is the window's, as `he` reads [height, width, outputs].
      const weight = chain.parameter(`${name}.weight`, [kernelSize, kernelSize, channels], initializer);
      chain.apply(`${name}.product`, 'depthwiseConv2d', [weight], { stride, padding });
      if (bias) chain.addBias(name);
    },
  },
);
