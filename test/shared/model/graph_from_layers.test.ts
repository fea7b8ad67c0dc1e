import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../shared/engine/model.ts';
import { InputError } from '../../../shared/errors.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import type { Loss } from '../../../shared/model/losses/loss_registry.ts';
import type { ModelField } from '../../../shared/model/model_field.ts';

const images: ModelField = { name: 'images', type: 'u8', shape: [8, 8, 1] };
const labels: ModelField = { name: 'labels', type: 'u8', shape: [], classes: 4 };
const crossEntropy = { features: images, labels, loss: 'softmax-cross-entropy' } as const;

const lenet: readonly Layer[] = [
  { type: 'conv2d', filters: 3, kernelSize: 3, padding: 'same' },
  { type: 'relu' },
  { type: 'maxPool', size: 2 },
  { type: 'conv2d', filters: 5, kernelSize: 3, stride: 2 },
  { type: 'tanh' },
  { type: 'dense', units: 6, initializer: { kind: 'xavier' } },
  { type: 'sigmoid' },
  { type: 'dense', units: 4 },
];

describe('graphFromLayers', () => {
  it('names parameters after their layers, and gives them their shapes and initializers', () => {
    const { layout } = buildModel(graphFromLayers(lenet, crossEntropy));
    const he = { kind: 'he' };
    const zero = { kind: 'constant', value: 0 };
    expect(layout.tensors.map(({ name, shape, initializer }) => ({ name, shape, initializer }))).toEqual([
      { name: 'conv1.weight', shape: [3, 3, 1, 3], initializer: he },
      { name: 'conv1.bias', shape: [3], initializer: zero },
      { name: 'conv2.weight', shape: [3, 3, 3, 5], initializer: he },
      { name: 'conv2.bias', shape: [5], initializer: zero },
      { name: 'dense1.weight', shape: [5, 6], initializer: { kind: 'xavier' } },
      { name: 'dense1.bias', shape: [6], initializer: zero },
      { name: 'dense2.weight', shape: [6, 4], initializer: he },
      { name: 'dense2.bias', shape: [4], initializer: zero },
    ]);
  });

  it('scales bytes to 0..1, feeds f32 as it is, and flattens before a dense layer', () => {
    const opsOf = (type: 'u8' | 'f32') =>
      graphFromLayers([{ type: 'dense', units: 4 }], { ...crossEntropy, features: { ...images, type } }).nodes.map(
        ({ op }) => op,
      );
    const dense = ['reshape', 'parameter', 'matmul', 'parameter', 'bias', 'accuracy', 'softmaxCrossEntropy'];
    expect(opsOf('f32')).toEqual(dense);
    expect(opsOf('u8')).toEqual(['scale', ...dense]);
    const [scale] = graphFromLayers([{ type: 'dense', units: 4 }], crossEntropy).nodes;
    expect(scale?.attributes).toEqual({ factor: 1 / 255, offset: 0 });
  });

  it('makes class labels targets of the squared errors', () => {
    const graph = graphFromLayers([{ type: 'dense', units: 4 }], { ...crossEntropy, loss: 'sum-of-squared-errors' });
    expect(graph.nodes.map(({ op }) => op).slice(-3)).toEqual(['accuracy', 'oneHot', 'sumOfSquaredErrors']);
    expect(graph.metrics).toEqual({ accuracy: 'accuracy' });
    expect(() => buildModel(graph)).not.toThrow();
  });

  it.each([
    { name: 'heights', type: 'f32', shape: [4] },
    { name: 'heights', type: 'f32', shape: [2, 2] },
    { name: 'heights', type: 'u8', shape: [4] },
    { name: 'heights', type: 'u8', shape: [2, 2] },
  ] satisfies ModelField[])('regresses on targets of %o, by their distance instead of accuracy', (field) => {
    const options = { features: images, labels: field, loss: 'sum-of-squared-errors' } as const;
    const graph = graphFromLayers([{ type: 'dense', units: 4 }], options);
    expect(graph.metrics).toEqual({ meanAbsoluteError: 'meanAbsoluteError' });
    expect(() => buildModel(graph)).not.toThrow();
  });

  it.each<readonly [string, readonly Layer[], string]>([
    [
      'a convolution behind a dense layer',
      [{ type: 'dense', units: 9 }, { type: 'relu' }, { type: 'conv2d', filters: 2, kernelSize: 3 }],
      'model.layers.2 (conv2d): expected an image [height, width, channels], found [9]',
    ],
    [
      'a window larger than what is left of the image',
      [
        { type: 'maxPool', size: 4 },
        { type: 'averagePool', size: 3 },
      ],
      'model.layers.1 (averagePool): expected x [height, width, channels] of at least 3x3, found [2, 2, 1]',
    ],
    [
      'a reshape that loses elements',
      [{ type: 'reshape', shape: [9, 7] }],
      'model.layers.0 (reshape): expected 64 elements, as x [8, 8, 1] has, found shape [9, 7] of 63',
    ],
    [
      'a last layer that is not as wide as there are classes',
      [{ type: 'dense', units: 5 }],
      'the last layer gives 5 values, but the data has 4 classes',
    ],
  ])('refuses %s', (_, layers, message) => {
    expect(() => graphFromLayers(layers, crossEntropy)).toThrow(new InputError(message));
  });

  it('measures labels of several positions by the mean over them, and leaves out those that stand for none', () => {
    const features: ModelField = { name: 'x', type: 'f32', shape: [6, 4] };
    const next: ModelField = { name: 'next', type: 'i32', shape: [6], classes: 4, ignored: -1 };
    const loss = { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 } as const;
    const graph = graphFromLayers([{ type: 'tanh' }], { features, labels: next, loss });
    const counting = { average: true, ignored: -1 };
    expect(graph.nodes.slice(-2)).toEqual([
      { name: 'accuracy', op: 'accuracy', inputs: ['tanh1', 'next'], attributes: counting },
      {
        name: 'loss',
        op: 'softmaxCrossEntropy',
        inputs: ['tanh1', 'next'],
        attributes: { ...counting, labelSmoothing: 0.1 },
      },
    ]);
    const narrow = { ...features, shape: [6, 3] };
    expect(() => graphFromLayers([{ type: 'tanh' }], { features: narrow, labels: next, loss })).toThrow(
      new InputError(
        'the last layer gives [6, 3], but the data has 4 classes at each of [6] positions: expected [6, 4]',
      ),
    );
  });

  it('reads token ids by rows of ones and zeros, and gives every position its own logits', () => {
    const features: ModelField = { name: 'tokens', type: 'u8', shape: [6], classes: 9 };
    const next: ModelField = { ...features, name: 'next' };
    const layers: readonly Layer[] = [
      { type: 'oneHot' },
      { type: 'lstm', units: 4 },
      { type: 'gru', units: 5 },
      { type: 'dense', units: 9, perPosition: true },
    ];
    const graph = graphFromLayers(layers, { features, labels: next, loss: 'softmax-cross-entropy' });
    const { layout, prediction } = buildModel(graph);
    expect(prediction.shape).toEqual([6, 9]);
    expect(layout.tensors.map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual([
      'lstm1.weight 9x16',
      'lstm1.recurrentWeight 4x16',
      'lstm1.bias 16',
      'gru1.weight 4x15',
      'gru1.recurrentWeight 5x15',
      'gru1.bias 15',
      'gru1.recurrentBias 15',
      'dense1.weight 5x9',
      'dense1.bias 9',
    ]);
  });

  it('takes what the last step of a sequence gives, for a label of the whole', () => {
    const features: ModelField = { name: 'x', type: 'f32', shape: [6, 2] };
    const layers: readonly Layer[] = [
      { type: 'gru', units: 3 },
      { type: 'lstm', units: 4, last: true },
    ];
    const graph = graphFromLayers(layers, { features, labels, loss: 'softmax-cross-entropy' });
    expect(buildModel(graph).prediction.shape).toEqual([4]);
    expect(graph.nodes.find(({ op }) => op === 'slice')?.attributes).toEqual({ axis: 0, start: 5, length: 1 });
  });

  it('does not scale token ids, which no layer of numbers takes', () => {
    const features: ModelField = { name: 'tokens', type: 'u8', shape: [6], classes: 9 };
    expect(() => graphFromLayers([{ type: 'tanh' }], { ...crossEntropy, features })).toThrow(
      /^model\.layers\.0 \(tanh\): expected an f32 tensor of each sample/,
    );
  });

  it.each<readonly [Loss, readonly string[], readonly string[]]>([
    ['mean-squared-error', ['meanAbsoluteError'], ['meanAbsoluteError', 'meanSquaredError']],
    [{ kind: 'huber', delta: 2 }, ['meanAbsoluteError'], ['meanAbsoluteError', 'huber']],
    ['binary-cross-entropy', ['binaryAccuracy'], ['binaryAccuracy', 'binaryCrossEntropy']],
  ])('trains on targets by %j', (loss, metrics, ops) => {
    const targets: ModelField = { name: 'tags', type: 'f32', shape: [4] };
    const graph = graphFromLayers([{ type: 'dense', units: 4 }], { features: images, labels: targets, loss });
    expect(Object.keys(graph.metrics)).toEqual(metrics);
    expect(graph.nodes.map(({ op }) => op).slice(-2)).toEqual(ops);
    expect(() => buildModel(graph)).not.toThrow();
  });

  it('measures what the job states', () => {
    const metrics = ['accuracy', { kind: 'top-k-accuracy', k: 2 }, 'binary-accuracy'] as const;
    const graph = graphFromLayers([{ type: 'dense', units: 4 }], { ...crossEntropy, metrics });
    expect(Object.keys(graph.metrics)).toEqual(['accuracy', 'top2Accuracy', 'binaryAccuracy']);
    expect(graph.nodes.find(({ op }) => op === 'topAccuracy')?.attributes).toEqual({ k: 2 });
    expect(() => buildModel(graph)).not.toThrow();
    const twice = { ...crossEntropy, metrics: ['accuracy', 'accuracy'] } as const;
    expect(() => graphFromLayers([{ type: 'dense', units: 4 }], twice)).toThrow(
      new InputError('metrics: accuracy is stated twice'),
    );
    expect(graphFromLayers([{ type: 'dense', units: 4 }], { ...crossEntropy, metrics: [] }).metrics).toEqual({});
  });

  it('refuses cross-entropy of targets that are no classes', () => {
    const heights: ModelField = { name: 'heights', type: 'f32', shape: [4] };
    expect(() => graphFromLayers([{ type: 'dense', units: 4 }], { ...crossEntropy, labels: heights })).toThrow(
      new InputError('loss softmax-cross-entropy: heights holds no class labels'),
    );
  });
});
