// Ops of images: gradients against numerical differentiation, what is refused, and what they are to each other. Their forward
// pass stands in ops.test.ts.

import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../shared/errors.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../../shared/model/layers/layer_registry.ts';
import {
  averagePool,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  globalAveragePool,
  groupNorm,
  maxPool,
  relu,
  upsample,
} from '../../../../shared/model/layers/registered_layers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { checkImageLayersGradients } from '../small_models.ts';

const models: Readonly<Record<string, readonly Layer[]>> = {
  'a depthwise convolution': [depthwiseConv2d({ kernelSize: 3 })],
  'a depthwise convolution that strides, with a bias and ReLU': [
    depthwiseConv2d({ kernelSize: 2, stride: 2, padding: 'same' }),
    relu(),
  ],
  'a depthwise convolution of 4x4 among many zeros': [depthwiseConv2d({ kernelSize: 4, padding: 3, bias: false })],
  'a transposed convolution': [conv2dTranspose({ filters: 3, kernelSize: 3 })],
  'a transposed convolution that strides, with a bias and ReLU': [
    conv2dTranspose({ filters: 3, kernelSize: 3, stride: 2, padding: 'same' }),
    relu(),
  ],
  'a transposed convolution that is cut': [conv2dTranspose({ filters: 2, kernelSize: 4, stride: 2, padding: 1 })],
  'a convolution among many zeros': [conv2d({ filters: 3, kernelSize: 3, stride: 2, padding: 3 })],
  'pooling among zeros': [maxPool(3, { stride: 2, padding: 1 }), averagePool(2, { stride: 1, padding: 1 })],
  'the nearest pixel': [upsample(3)],
  'pixels in between': [upsample(2, { method: 'bilinear' })],
  'more pixels in between': [upsample(3, { method: 'bilinear' })],
  'a group norm': [groupNorm(2)],
  'an instance norm with a large epsilon': [groupNorm(6, { epsilon: 0.1 })],
  'the mean of all pixels': [globalAveragePool()],
};

describe.each(Object.entries(models))('a model with %s', (_name, layers) => {
  it.each(profiles)('has gradients that agree with numerical differentiation in the %s profile', (profile) => {
    checkImageLayersGradients(profile, layers, { tolerance: 1e-3 });
  });
});

describe.each(profiles)('a depthwise convolution in the %s profile', (profile) => {
  it('gives a channel the same bits whatever stands beside it', () => {
    const [height, width, channels] = [4, 9, 7];
    const [x, filters] = [testValues(height * width * channels, 1), testValues(9 * channels, 2)];
    const convolve = (values: Float32Array, weights: Float32Array, count: number) => {
      const output = engines[profile].allocate(4 * 2 * 7 * count);
      const given = [floats(engines[profile], values), floats(engines[profile], weights)] as const;
      engines[profile].kernels.depthwiseConv2d(output, ...given, 0, 0, 1, height, width, count, 3, 3, 2, 7, 1, 1);
      return engines[profile].float32(output, 2 * 7 * count).slice();
    };
    const all = convolve(x, filters, channels);
    for (let channel = 0; channel < channels; channel++) {
      const own = (values: Float32Array) => values.filter((_, at) => at % channels === channel);
      expect(convolve(own(x), own(filters), 1)).toEqual(own(all));
    }
  });
});

describe('layers of images', () => {
  const graphOf =
    (...layers: readonly Layer[]) =>
    () =>
      graphFromLayers([...layers, dense(3)], {
        features: { name: 'images', type: 'f32', shape: [4, 4, 6] },
        labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
        loss: 'softmax-cross-entropy',
      });

  it.each<readonly [string, readonly Layer[], string]>([
    [
      'a depthwise window larger than the image',
      [depthwiseConv2d({ kernelSize: 5 })],
      'model.layers.0 (depthwiseConv2d): expected an image of at least 5x5, found x [4, 4, 6]',
    ],
    [
      'a transposed convolution that is cut to nothing',
      [conv2dTranspose({ filters: 2, kernelSize: 2, padding: 4 })],
      'model.layers.0 (conv2dTranspose): expected padding that leaves an image of [4, 4, 6] something, found 4',
    ],
    [
      'groups that do not divide the channels',
      [groupNorm(4)],
      'model.layers.0 (groupNorm): expected channels that 4 groups divide, found [4, 4, 6]',
    ],
    [
      'pooling whose windows may lie outside',
      [maxPool(2, { padding: 2 })],
      "model.layers.0 (maxPool): expected padding of at most half the window's size of 2, found 2",
    ],
    [
      'up-sampling of what is no image',
      [dense(4), upsample(2)],
      'model.layers.1 (upsample): expected x [height, width, channels], found [4]',
    ],
  ])('refuses %s, in words', (_name, layers, message) => {
    expect(graphOf(...layers)).toThrow(new InputError(message));
  });
});
