import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Layer, layersSchema } from '../../../../shared/model/layers/layer_registry.ts';
import * as registered from '../../../../shared/model/layers/registered_layers.ts';

const {
  averagePool,
  batchNorm,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePool,
  groupNorm,
  gru,
  lstm,
  maxPool,
  oneHot,
  randomCrop,
  randomFlip,
  randomNoise,
  randomShift,
  relu,
  reshape,
  residual,
  sigmoid,
  tanh,
  upsample,
} = registered;

/** Each layer function, and what it writes. */
const written: readonly (readonly [Layer, object])[] = [
  [dense(100), { type: 'dense', units: 100 }],
  [dense(3, { initializer: { kind: 'xavier' } }), { type: 'dense', units: 3, initializer: { kind: 'xavier' } }],
  [conv2d({ filters: 8, kernelSize: 5 }), { type: 'conv2d', filters: 8, kernelSize: 5 }],
  [
    conv2d({ filters: 8, kernelSize: 5, stride: 2, padding: 'same' }),
    { type: 'conv2d', filters: 8, kernelSize: 5, stride: 2, padding: 'same' },
  ],
  [conv2d({ filters: 8, kernelSize: 5, bias: false }), { type: 'conv2d', filters: 8, kernelSize: 5, bias: false }],
  [batchNorm(), { type: 'batchNorm' }],
  [batchNorm({ epsilon: 0.1, momentum: 0.5 }), { type: 'batchNorm', epsilon: 0.1, momentum: 0.5 }],
  [residual([relu()]), { type: 'residual', layers: [{ type: 'relu' }] }],
  [residual([relu()], [tanh()]), { type: 'residual', layers: [{ type: 'relu' }], shortcut: [{ type: 'tanh' }] }],
  [randomShift(2), { type: 'randomShift', pixels: 2 }],
  [randomFlip(), { type: 'randomFlip' }],
  [randomFlip(0.1), { type: 'randomFlip', probability: 0.1 }],
  [randomNoise(0.1), { type: 'randomNoise', standardDeviation: 0.1 }],
  [randomCrop({ height: 3, width: 4, padding: 1 }), { type: 'randomCrop', height: 3, width: 4, padding: 1 }],
  [conv2d({ filters: 8, kernelSize: 5, padding: 2 }), { type: 'conv2d', filters: 8, kernelSize: 5, padding: 2 }],
  [conv2dTranspose({ filters: 8, kernelSize: 2 }), { type: 'conv2dTranspose', filters: 8, kernelSize: 2 }],
  [depthwiseConv2d({ kernelSize: 3, stride: 2 }), { type: 'depthwiseConv2d', kernelSize: 3, stride: 2 }],
  [upsample(2), { type: 'upsample', factor: 2 }],
  [upsample(3, { method: 'bilinear' }), { type: 'upsample', factor: 3, method: 'bilinear' }],
  [groupNorm(4), { type: 'groupNorm', groups: 4 }],
  [groupNorm(4, { epsilon: 0.1 }), { type: 'groupNorm', groups: 4, epsilon: 0.1 }],
  [globalAveragePool(), { type: 'globalAveragePool' }],
  [dense(3, { perPosition: true }), { type: 'dense', units: 3, perPosition: true }],
  [lstm(5), { type: 'lstm', units: 5 }],
  [gru(5, { initializer: { kind: 'he' } }), { type: 'gru', units: 5, initializer: { kind: 'he' } }],
  [oneHot(), { type: 'oneHot' }],
  [maxPool(2), { type: 'maxPool', size: 2 }],
  [averagePool(2, { stride: 1, padding: 'same' }), { type: 'averagePool', size: 2, stride: 1, padding: 'same' }],
  [relu(), { type: 'relu' }],
  [sigmoid(), { type: 'sigmoid' }],
  [tanh(), { type: 'tanh' }],
  [flatten(), { type: 'flatten' }],
  [reshape([2, 3]), { type: 'reshape', shape: [2, 3] }],
];

describe('a layer function', () => {
  it.each(written)('writes %j as a job file does', (layer, expected) => {
    expect(layer).toEqual(expected);
    expect(v.parse(layersSchema, [layer])).toEqual([layer]);
  });

  it.each(Object.entries(registered))('%s carries the type that it writes', (name, { type }) => {
    expect(type).toBe(name);
  });
});

describe('layersSchema', () => {
  it('takes every kind of layer', () => {
    const all = [
      ...written.map(([layer]) => layer),
      { type: 'dense', units: 1, initializer: { kind: 'normal', standardDeviation: 0.01 } },
    ];
    expect(v.parse(layersSchema, all)).toEqual(all);
  });

  it.each([
    ['an unknown type', [{ type: 'perceptron', units: 3 }], '0.type'],
    ['an unknown field', [{ type: 'relu', slope: 1 }], '0.slope'],
    ['a missing field', [{ type: 'relu' }, { type: 'dense' }], '1.units'],
    ['half a unit', [{ type: 'dense', units: 2.5 }], '0.units'],
    [
      'an initializer without its number',
      [{ type: 'dense', units: 2, initializer: { kind: 'normal' } }],
      '0.initializer.standardDeviation',
    ],
  ])('refuses %s by its path', (_, layers, path) => {
    const result = v.safeParse(layersSchema, layers);
    expect(result.issues?.map((issue) => v.getDotPath(issue))).toEqual([path]);
  });
});
