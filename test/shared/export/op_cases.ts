// Graphs whose predictions exercise each op that can be exported.

import type { Graph } from '../../../shared/engine/graph.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { elementsOf, type Shape } from '../../../shared/engine/shape.ts';
import { GraphBuilder, type TensorName } from '../../../shared/model/builder.ts';

/** Builds what is to be predicted on `x`, f32 values of each sample. */
export type Build = (builder: GraphBuilder, x: TensorName) => TensorName;

const normal = { kind: 'normal', standardDeviation: 1 } as const;

/** A graph that predicts what `build` makes of values of a shape; it is trained on that, if it has parameters. */
export function graphOf(shape: Shape, build: Build, type: 'f32' | 'u8' | 'i32' = 'f32'): Graph {
  const untrained = unrelatedLoss(shape, build, type);
  if (untrained.nodes.filter(({ op }) => op === 'parameter').length === 1) return untrained;
  const outputs = elementsOf(buildModel(untrained).prediction.shape);
  const builder = new GraphBuilder();
  const prediction = build(builder, builder.input({ name: 'x', type, shape }));
  const target = builder.input({ name: 'target', type: 'f32', shape: [outputs] });
  const loss = builder.sumOfSquaredErrors('loss', builder.reshape('outputs', prediction, [outputs]), target);
  return builder.finish({ loss, prediction });
}

function unrelatedLoss(shape: Shape, build: Build, type: 'f32' | 'u8' | 'i32'): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type, shape });
  const target = builder.input({ name: 'target', type: 'f32', shape: [2] });
  const weight = builder.parameter('unused', [2, 2], normal);
  const loss = builder.sumOfSquaredErrors('loss', builder.matmul('trained', target, weight), target);
  return builder.finish({ loss, prediction: build(builder, x) });
}

export const image = [7, 5, 3] as const;
export const row = [6] as const;
const sequence = [4, 6] as const;

export const simple =
  (op: string, attributes?: Readonly<Record<string, unknown>>): Build =>
  (builder, x) =>
    builder.node('y', op, [x], attributes);

export const withParameters =
  (op: string, shapes: readonly Shape[], attributes?: Readonly<Record<string, unknown>>): Build =>
  (builder, x) => {
    const parameters = shapes.map((shape, index) => builder.parameter(`parameter${index}`, shape, normal));
    return builder.node('y', op, [x, ...parameters], attributes);
  };

/** Batch norm of so many channels. */
const batchNorm =
  (channels: number): Build =>
  (builder, x) => {
    const state = (name: string) =>
      builder.node(name, 'state', [], {
        shape: [channels],
        initial: 1,
        update: { kind: 'movingAverage', momentum: 0.1 },
      });
    const parameters = [builder.parameter('gain', [channels], normal), builder.parameter('moved', [channels], normal)];
    return builder.node('y', 'batchNorm', [x, ...parameters, state('mean'), state('variance')], { epsilon: 1e-3 });
  };

/** Attention of an input to itself, whose queries are as wide as it and have as many heads as are given. */
const attending =
  (width: number, attributes: Readonly<Record<string, unknown>>): Build =>
  (builder, x) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      builder.matmul(name, x, builder.parameter(`${name}.weight`, [width, width], normal)),
    ) as [TensorName, TensorName, TensorName];
    return builder.node('y', 'attention', [q, k, v], attributes);
  };

const windows = [
  { size: 2 },
  { size: 3, stride: 2, padding: 'same' },
  { size: 2, stride: 3, padding: 'valid' },
  { size: 3, stride: 1, padding: 'same' },
];

/** Cases of each op that can be exported. */
export const cases: Readonly<Record<string, readonly Graph[]>> = {
  add: [
    graphOf(image, (builder, x) => builder.add('y', x, builder.activation('other', 'tanh', x))),
    graphOf(image, (builder, x) => {
      const [one, other] = ['one', 'other'].map((name) => builder.maxPool(name, x, { size: 2 })) as [
        TensorName,
        TensorName,
      ];
      return builder.add('y', one, other);
    }),
  ],
  attention: [{ heads: 2 }, { heads: 3, causal: true }, { heads: 1, causal: true, rotary: { base: 100 } }].map(
    (attributes) => graphOf(sequence, attending(6, attributes)),
  ),
  averagePool: windows.map((window) => graphOf(image, simple('averagePool', window))),
  batchNorm: [graphOf(row, batchNorm(6)), graphOf(sequence, batchNorm(6)), graphOf(image, batchNorm(3))],
  batchedMatmul: [
    graphOf([2, 4, 6], (builder, x) => builder.node('y', 'batchedMatmul', [x, x], { transposedRight: true })),
    graphOf([4, 6], (builder, x) => builder.node('y', 'batchedMatmul', [x, x], { transposedLeft: true })),
  ],
  bias: [graphOf(sequence, withParameters('bias', [[6]])), graphOf(image, withParameters('bias', [[3]]))],
  concat: [
    graphOf(sequence, (builder, x) => builder.node('y', 'concat', [x, builder.activation('other', 'tanh', x)])),
    graphOf(sequence, (builder, x) => builder.node('y', 'concat', [x, x, x], { axis: 0 })),
  ],
  clip: [graphOf(row, simple('clip', { low: -0.5, high: 0.25 }))],
  conv2d: [
    { stride: 1, padding: 'valid' },
    { stride: 1, padding: 'same' },
    { stride: 2, padding: 'same' },
    { stride: 3, padding: 'valid' },
    { stride: 2, padding: 1 },
    { stride: [2, 1], padding: 'same' },
  ].map((attributes) => graphOf(image, withParameters('conv2d', [[4, 2, 3, 5]], attributes))),
  conv2dTranspose: [
    { stride: 1, padding: 'valid' },
    { stride: 2, padding: 'same' },
    { stride: 3, padding: 'same' },
    { stride: 2, padding: 1 },
  ].map((attributes) => graphOf(image, withParameters('conv2dTranspose', [[3, 2, 5, 3]], attributes))),
  depthwiseConv2d: [
    { stride: 1, padding: 'same' },
    { stride: 2, padding: 1 },
    { stride: [1, 2], padding: 1 },
  ].map((attributes) => graphOf(image, withParameters('depthwiseConv2d', [[3, 2, 3]], attributes))),
  dropout: [graphOf(row, simple('dropout', { rate: 0.5, seed: 1 }))],
  embedding: [
    graphOf([4], withParameters('embedding', [[3, 5]]), 'u8'),
    graphOf(
      [4],
      (builder, x) => {
        const table = builder.parameter('table', [3, 5], normal);
        const rows = builder.node('rows', 'embedding', [x, table]);
        return builder.node('y', 'matmul', [rows, table], { transposed: true });
      },
      'i32',
    ),
  ],
  gelu: [graphOf(row, simple('gelu', { form: 'tanh' })), graphOf(row, simple('gelu', { form: 'exact' }))],
  globalAveragePool: [graphOf(image, simple('globalAveragePool'))],
  groupNorm: [
    graphOf(row, withParameters('groupNorm', [[6], [6]], { groups: 3 })),
    graphOf(sequence, withParameters('groupNorm', [[6], [6]], { groups: 2 })),
    graphOf(image, withParameters('groupNorm', [[3], [3]], { groups: 1, epsilon: 1e-2 })),
  ],
  gru: [graphOf(sequence, withParameters('gru', [[6, 15], [5, 15], [15], [15]]))],
  layerNorm: [graphOf(sequence, withParameters('layerNorm', [[6], [6]], { epsilon: 1e-2 }))],
  leakyRelu: [graphOf(row, simple('leakyRelu', { slope: 0.2 }))],
  lstm: [graphOf(sequence, withParameters('lstm', [[6, 20], [5, 20], [20]]))],
  matmul: [graphOf(row, withParameters('matmul', [[6, 4]])), graphOf(sequence, withParameters('matmul', [[6, 4]]))],
  maxPool: windows.map((window) => graphOf(image, simple('maxPool', window))),
  multiply: [
    graphOf(sequence, withParameters('multiply', [[6]])),
    graphOf(image, (builder, x) => {
      const pooled = builder.node('pooled', 'globalAveragePool', [x]);
      return builder.node('y', 'multiply', [x, builder.reshape('gate', pooled, [1, 1, 3])]);
    }),
    graphOf(image, (builder, x) => builder.node('y', 'multiply', [x, builder.node('means', 'globalAveragePool', [x])])),
  ],
  oneHot: [graphOf([4], simple('oneHot', { classes: 3 }), 'u8'), graphOf([], simple('oneHot', { classes: 3 }), 'i32')],
  randomCrop: [
    graphOf(image, simple('randomCrop', { height: 4, width: 4, seed: 1 })),
    graphOf(image, simple('randomCrop', { height: 10, width: 4, padding: 2, seed: 1 })),
    graphOf(image, simple('randomCrop', { height: 7, width: 5, padding: 2, seed: 1 })),
  ],
  randomFlip: [graphOf(image, simple('randomFlip', { seed: 1 }))],
  randomNoise: [graphOf(image, simple('randomNoise', { standardDeviation: 1, seed: 1 }))],
  relu: [graphOf(row, simple('relu'))],
  reshape: [
    graphOf(row, simple('reshape', { shape: [2, 3] })),
    graphOf(image, (builder, x) => builder.reshape('y', builder.maxPool('pooled', x, { size: 2 }), [18])),
  ],
  rmsNorm: [graphOf(sequence, withParameters('rmsNorm', [[6]], { epsilon: 1e-2 }))],
  scale: [
    graphOf(image, simple('scale', { factor: 1 / 255 }), 'u8'),
    graphOf(row, simple('scale', { factor: -2, offset: 0.5 })),
  ],
  sigmoid: [graphOf(row, simple('sigmoid'))],
  silu: [graphOf(row, simple('silu'))],
  slice: [
    graphOf(sequence, simple('slice', { axis: 0, start: 1, length: 2 })),
    graphOf(sequence, simple('slice', { axis: -1, length: 4 })),
  ],
  softmax: [graphOf(row, simple('softmax')), graphOf(sequence, simple('softmax', { axis: 0 }))],
  softplus: [graphOf(row, simple('softplus'))],
  standardize: [
    graphOf(image, simple('standardize', { mean: [100, 120, 140], deviation: [40, 50, 60] }), 'u8'),
    graphOf(row, simple('standardize', { mean: [0.5], deviation: [2] })),
  ],
  tanh: [graphOf(row, simple('tanh'))],
  transpose: [graphOf(image, simple('transpose', { order: [2, 0, 1] })), graphOf(sequence, simple('transpose'))],
  upsample: [
    graphOf(image, simple('upsample', { factor: 2 })),
    graphOf(image, simple('upsample', { factor: 3, method: 'bilinear' })),
  ],
};

/** A convolutional net whose every layer works on images. */
export const convolutional = graphOf(image, (builder, x) => {
  const convolve = (name: string, from: TensorName, channels: number) =>
    builder.bias(
      name,
      builder.conv2d(`${name}.product`, from, builder.parameter(`${name}.weight`, [3, 3, channels, 4], normal), {
        padding: 'same',
      }),
      builder.parameter(`${name}.bias`, [4], normal),
    );
  const first = builder.activation('rectified', 'relu', convolve('first', x, 3));
  const second = builder.add('sum', convolve('second', first, 4), first);
  return builder.reshape('y', builder.maxPool('pooled', second, { size: 2 }), [24]);
});
