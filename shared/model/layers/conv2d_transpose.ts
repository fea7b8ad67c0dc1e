// conv2dTranspose: each pixel spreads learnt filters over a larger image, plus a bias for each of them.

import * as v from 'valibot';
import { MismatchError } from '../../engine/ops/op.ts';
import { type Initializer, initializerSchema } from '../../engine/ops/parameter.ts';
import { type Padding, paddingSchema, strideSchema } from '../../engine/ops/window.ts';
import { shapeText } from '../../engine/shape.ts';
import { countSchema, defineLayer } from './layer.ts';

/** Filters, and how far from each other they are spread. */
export interface Conv2dTransposeOptions {
  /** How many there are. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: number;
  /** Pixels from one place to the next; 1 if left out. */
  readonly stride?: number;
  /**
   * `valid` if left out: everything that is spread, (size − 1) * stride + kernelSize. `same`: size * stride. A number: as
   * `valid`, with so many pixels cut off on each side.
   */
  readonly padding?: Padding;
  /** True if left out. */
  readonly bias?: boolean;
  /** Of the weights; if left out, normal with as much variance as keeps that of the image (He). The bias starts at zero. */
  readonly initializer?: Initializer;
}

const schema = v.strictObject({
  type: v.literal('conv2dTranspose'),
  filters: countSchema,
  kernelSize: strideSchema,
  stride: v.exactOptional(strideSchema),
  padding: v.exactOptional(paddingSchema),
  bias: v.exactOptional(v.boolean()),
  initializer: v.exactOptional(initializerSchema),
});

/**
 * A transposed convolution: an image [height, width, channels] to a larger one [height', width', filters]. Weights
 * [kernelSize, kernelSize, filters, channels], bias [filters] unless `bias` is false.
 */
export const conv2dTranspose = defineLayer<typeof schema, [options: Conv2dTransposeOptions]>(
  (options) => ({ type: 'conv2dTranspose', ...options }),
  {
    type: 'conv2dTranspose',
    schema,
    append(chain, { filters, kernelSize, stride = 1, padding = 'valid', bias = true, initializer }) {
      const name = chain.numbered('convTranspose');
      const [, , channels, ...more] = chain.last.shape;
      if (channels === undefined || more.length > 0) {
        throw new MismatchError(name, 'an image [height, width, channels]', shapeText(chain.last.shape));
      }
      // Of each pixel's kernelSize² * channels weights, one in stride² reaches an element of the output.
      const fanIn = (kernelSize ** 2 * channels) / stride ** 2;
      const start = initializer ?? { kind: 'normal', standardDeviation: Math.sqrt(2 / fanIn) };
      const weight = chain.parameter(`${name}.weight`, [kernelSize, kernelSize, filters, channels], start);
      chain.apply(`${name}.product`, 'conv2dTranspose', [weight], { stride, padding });
      if (bias) chain.addBias(name);
    },
  },
);
