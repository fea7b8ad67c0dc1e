// x times a gain, plus an offset, one for each element of a sample or for each channel: a depthwise convolution whose window
// is one pixel, for there is no plainer layer that learns these.

import { elementsOf, lastOf } from '../../engine/shape.ts';
import type { LayerOutput, LayersWriter } from '../layers_writer.ts';

export interface Affine {
  /** As many as the last dimension has, or as the sample has elements; ones, if left out. */
  readonly gain?: Float32Array;
  /** As many; none, if left out. */
  readonly offset?: Float32Array;
  /** False for what is no weight of the model's. */
  readonly isTrained?: boolean;
}

export function affine(to: LayersWriter, x: LayerOutput, { gain, offset, isTrained = true }: Affine): LayerOutput {
  const length = gain?.length ?? offset?.length ?? lastOf(x.shape);
  const isImage = x.shape.length === 3 && lastOf(x.shape) === length;
  const image = isImage ? x : to.reshaped(x, [elementsOf(x.shape) / length, 1, length]);
  const kernel = { shape: [1, 1, length, 1], values: gain ?? new Float32Array(length).fill(1) };
  const config = {
    trainable: isTrained,
    kernel_size: [1, 1],
    strides: [1, 1],
    padding: 'valid',
    depth_multiplier: 1,
    use_bias: offset !== undefined,
  };
  const bias = offset === undefined ? {} : { bias: { shape: [length], values: offset } };
  const weights = { depthwise_kernel: kernel, ...bias };
  return to.reshaped(to.step('DepthwiseConv2D', [image], image.shape, { config, weights }), x.shape);
}
