import { describe, expect, it } from 'vitest';
import { type Graph, type GraphNode, parseGraph } from '../../../shared/engine/graph.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import * as registeredOps from '../../../shared/engine/registered_ops.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import { engines } from '../kernels/profiles.ts';

const shapeOf = (name: string, shape: readonly number[]): GraphNode => ({
  name,
  op: 'parameter',
  inputs: [],
  attributes: { shape, initializer: { kind: 'he' } },
});

const node = (name: string, op: string, inputs: readonly string[], attributes?: GraphNode['attributes']): GraphNode =>
  attributes === undefined ? { name, op, inputs } : { name, op, inputs, attributes };

/** A dense layer of 3 classes on 4x4 images of 2 channels, with nodes of a test's own in front of the loss. */
function graphWith(nodes: readonly GraphNode[], changes: Partial<Graph> = {}): Graph {
  return {
    inputs: [
      { name: 'pixels', type: 'u8', shape: [4, 4, 2] },
      { name: 'labels', type: 'u8', shape: [] },
    ],
    nodes: [
      node('image', 'scale', ['pixels'], { factor: 1 / 255 }),
      node('row', 'reshape', ['image'], { shape: [32] }),
      shapeOf('weight', [32, 3]),
      shapeOf('filters', [3, 3, 2, 5]),
      shapeOf('offset', [3]),
      node('logits', 'matmul', ['row', 'weight']),
      ...nodes,
      node('loss', 'softmaxCrossEntropy', ['logits', 'labels']),
    ],
    loss: 'loss',
    metrics: {},
    prediction: 'logits',
    ...changes,
  };
}

const faults: readonly (readonly [string, Graph, string])[] = [
  [
    'an op that does not exist',
    graphWith([node('y', 'rleu', ['row'])]),
    `node y: there is no op rleu; there are ${Object.keys(registeredOps).sort().join(', ')}`,
  ],
  [
    'a use of a later node',
    graphWith([node('y', 'relu', ['loss'])]),
    'graph: node y uses loss, which is not an earlier node or an input',
  ],
  [
    'a use of itself',
    graphWith([node('y', 'relu', ['y'])]),
    'graph: node y uses y, which is not an earlier node or an input',
  ],
  ['two nodes of a name', graphWith([node('row', 'relu', ['row'])]), 'graph: duplicate tensor name row'],
  ['a node named as an input', graphWith([node('labels', 'relu', ['row'])]), 'graph: duplicate tensor name labels'],
  ['a loss that is no node', graphWith([], { loss: 'cost' }), 'graph: loss is cost, which is not a node'],
  [
    'a metric that is no sum',
    graphWith([], { metrics: { error: 'logits' } }),
    'graph: metric error is logits, expected a loss or metric node',
  ],
  [
    'a loss without a gradient',
    graphWith([node('right', 'accuracy', ['logits', 'labels'])], { loss: 'right' }),
    'graph: loss is right, but accuracy has no gradient',
  ],
  [
    'a prediction of stored bytes',
    graphWith([], { prediction: 'pixels' }),
    'graph: prediction is pixels, expected an f32 tensor of each sample',
  ],
  [
    'inner dimensions that differ',
    graphWith([node('y', 'matmul', ['logits', 'weight'])]),
    'node y (matmul): expected x [..., n] and a parameter [n, columns], found x [3] and parameter [32, 3]',
  ],
  [
    'rows of another length',
    graphWith([node('y', 'matmul', ['image', 'weight'])]),
    'node y (matmul): expected x [..., n] and a parameter [n, columns], found x [4, 4, 2] and parameter [32, 3]',
  ],
  [
    'bytes that are not scaled',
    graphWith([node('y', 'relu', ['pixels'])]),
    'node y (relu): expected an f32 tensor of each sample (put a scale op behind stored bytes), ' +
      'found pixels: u8 [4, 4, 2]',
  ],
  [
    'a bias of another length',
    graphWith([node('y', 'bias', ['image', 'offset'])]),
    'node y (bias): expected a parameter [2] for x [4, 4, 2], found parameter [3]',
  ],
  [
    'pooling of a row',
    graphWith([node('small', 'maxPool', ['row'], { size: 2 })]),
    'node small (maxPool): expected x [height, width, channels] of at least 2x2, found [32]',
  ],
  [
    'an image smaller than the filters',
    graphWith([node('small', 'averagePool', ['image'], { size: 2 }), node('y', 'conv2d', ['small', 'filters'])]),
    'node y (conv2d): expected an image of at least 3x3, found x [2, 2, 2]',
  ],
  [
    'filters for other channels',
    graphWith([shapeOf('wrong', [3, 3, 4, 5]), node('y', 'conv2d', ['image', 'wrong'])]),
    'node y (conv2d): expected x [height, width, channels] and a parameter ' +
      '[kernelHeight, kernelWidth, channels, filters], found x [4, 4, 2] and parameter [3, 3, 4, 5]',
  ],
  [
    'a convolution of a row',
    graphWith([node('y', 'conv2d', ['row', 'filters'])]),
    'node y (conv2d): expected x [height, width, channels] and a parameter ' +
      '[kernelHeight, kernelWidth, channels, filters], found x [32] and parameter [3, 3, 2, 5]',
  ],
  [
    'a reshape to another number of elements',
    graphWith([node('y', 'reshape', ['image'], { shape: [5, 6] })]),
    'node y (reshape): expected 32 elements, as x [4, 4, 2] has, found shape [5, 6] of 30',
  ],
  [
    'a sum of different shapes',
    graphWith([node('y', 'add', ['row', 'logits'])]),
    'node y (add): expected right [32], as left, or one that broadcasts with it, found [3]',
  ],
  [
    'targets of another shape',
    graphWith([node('y', 'sumOfSquaredErrors', ['row', 'logits'])]),
    'node y (sumOfSquaredErrors): expected targets [32], found [3]',
  ],
  [
    'labels that are no labels',
    graphWith([node('y', 'accuracy', ['logits', 'pixels'])]),
    'node y (accuracy): expected class labels [] for logits [3], found pixels: u8 [4, 4, 2]',
  ],
  [
    'labels that are computed',
    graphWith([node('y', 'oneHot', ['row'], { classes: 3 })]),
    'node y (oneHot): expected class labels: a u8 or i32 input, found row: f32 [32]',
  ],
  [
    'one label where every position needs its own',
    graphWith([node('y', 'softmaxCrossEntropy', ['image', 'labels'])]),
    'node y (softmaxCrossEntropy): expected class labels [4, 4] for logits [4, 4, 2], found labels: u8 []',
  ],
  [
    'labels of other positions',
    graphWith([node('tall', 'reshape', ['image'], { shape: [2, 4, 4] }), node('y', 'accuracy', ['tall', 'pixels'])]),
    'node y (accuracy): expected class labels [2, 4] for logits [2, 4, 4], found pixels: u8 [4, 4, 2]',
  ],
  [
    'logits without classes',
    graphWith([node('single', 'scale', ['labels'], { factor: 1 }), node('y', 'softmax', ['single'])]),
    'node y (softmax): expected logits [..., classes], found []',
  ],
  ['too few inputs', graphWith([node('y', 'add', ['row'])]), 'node y (add): expected 2 inputs (left, right), found 1'],
  [
    'attributes that an op does not have',
    graphWith([node('y', 'relu', ['row'], { slope: 0.1 })]),
    'node y (relu): slope: Invalid key: Expected never but received "slope"',
  ],
  [
    'a parameter beside the way to the loss',
    graphWith([]),
    'parameter filters has no way to the loss: remove it or use it',
  ],
];

describe('a graph is refused, and the error names the place, what was expected and what was found, for', () => {
  it.each(faults)('%s', (_, graph, message) => {
    const compile = () => Replica.create(engines.portable, graph, { microbatchSize: 2 });
    expect(compile).toThrow(new InputError(message));
  });
});

describe('parseGraph', () => {
  it.each([
    ['no object', 7, 'graph: value: '],
    ['a missing field', { ...graphWith([]), loss: undefined }, 'graph: loss: '],
    ['an unknown field', { ...graphWith([]), code: 'alert(1)' }, 'graph: code: '],
    [
      'an unknown type',
      { ...graphWith([]), inputs: [{ name: 'x', type: 'f64', shape: [] }] },
      'graph: inputs.0.type: ',
    ],
    [
      'a fractional shape',
      { ...graphWith([]), inputs: [{ name: 'x', type: 'f32', shape: [1.5] }] },
      'graph: inputs.0.shape.0: ',
    ],
    [
      'an empty dimension',
      { ...graphWith([]), inputs: [{ name: 'x', type: 'f32', shape: [0] }] },
      'graph: inputs.0.shape.0: ',
    ],
    ['a name with a space', { ...graphWith([]), prediction: 'a b' }, 'graph: prediction: '],
  ])('refuses %s by its path, in one line', (_, value, start) => {
    expect(() => parseGraph(value)).toThrow(InputError);
    expect(() => parseGraph(value)).toThrow(start);
    expect(() => parseGraph(value)).not.toThrow('\n');
  });

  it('passes on what JSON gives back', () => {
    const graph = graphWith([]);
    expect(parseGraph(JSON.parse(JSON.stringify(graph)))).toEqual(graph);
  });
});

describe('buildModel', () => {
  it('lays parameters out densely, in the order of the graph', () => {
    const { layout } = buildModel(graphWith([]));
    expect(layout.tensors.map(({ name, shape, offset, elements }) => ({ name, shape, offset, elements }))).toEqual([
      { name: 'weight', shape: [32, 3], offset: 0, elements: 96 },
      { name: 'filters', shape: [3, 3, 2, 5], offset: 96, elements: 90 },
      { name: 'offset', shape: [3], offset: 186, elements: 3 },
    ]);
    expect(layout.total).toBe(189);
  });
});
