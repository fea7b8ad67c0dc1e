// Augmentation: drawn anew for each sample and step, the same whoever computes it, and only in training.

import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../../shared/data/samples.ts';
import type { Graph } from '../../../../shared/engine/graph.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { computeReference } from '../../../../shared/engine/reference.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { InputError } from '../../../../shared/errors.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../../shared/model/layers/layer_registry.ts';
import {
  conv2d,
  dense,
  randomCrop,
  randomFlip,
  randomNoise,
  randomShift,
} from '../../../../shared/model/layers/registered_layers.ts';
import { engines, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, checkLayersGradients, mathematics, sliceSamples } from '../small_models.ts';

const [height, width, channels] = [4, 5, 2];

const seed = 2 ** 40 + 3;

const augmentations = {
  'a crop': { op: 'randomCrop', attributes: { height: 3, width: 3, seed }, shape: [3, 3, channels] },
  'a crop with padding': {
    op: 'randomCrop',
    attributes: { height: 6, width: 4, padding: 2, seed, stream: 3 },
    shape: [6, 4, channels],
  },
  'a flip': { op: 'randomFlip', attributes: { seed }, shape: [height, width, channels] },
  'a rare flip': { op: 'randomFlip', attributes: { seed, probability: 0.1 }, shape: [height, width, channels] },
  noise: { op: 'randomNoise', attributes: { seed, standardDeviation: 0.4 }, shape: [height, width, channels] },
} as const;

type Augmentation = (typeof augmentations)[keyof typeof augmentations];

/** The loss is ½ Σ (augmented + 0 − target)²: a target of distinct values makes it tell where each pixel went. */
function graphOf({ op, attributes, shape }: Augmentation): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [height, width, channels] });
  const target = builder.input({ name: 'target', type: 'f32', shape });
  const augmented = builder.node('augmented', op, [x], attributes);
  const zero = builder.parameter('zero', [channels], { kind: 'constant', value: 0 });
  const prediction = builder.bias('moved', augmented, zero);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, target), prediction });
}

function samplesOf({ shape }: Augmentation, count: number): Samples {
  const elements = shape.reduce((product, size) => product * size, 1);
  const x = testValues(count * height * width * channels, 1);
  return { count, fields: [bytesOf(x), bytesOf(testValues(count * elements, 2))] };
}

const bytesOfSample = ({ shape }: Augmentation) => [
  4 * height * width * channels,
  4 * shape.reduce((product, size) => product * size, 1),
];

describe.each(profiles)('augmentation in the %s profile', (profile) => {
  describe.each(Object.entries(augmentations))('by %s', (_name, augmentation) => {
    const graph = graphOf(augmentation);
    const samples = samplesOf(augmentation, 12);
    const create = () => {
      const replica = Replica.create(engines[profile], graph, { microbatchSize: 4 });
      replica.initialize(1);
      return replica;
    };
    const model = buildModel(graph);
    const parameters = new Map([['zero', new Float64Array(channels)]]);

    it('does what its plain loops do, in training and otherwise', () => {
      const replica = create();
      const variables = { step: 7, firstSample: 24 };
      const reference = computeReference({ model, samples, parameters, mathematics, variables });
      expect(replica.computeShard(samples, variables).lossSum / reference.loss).toBeCloseTo(1, 6);
      const kept = computeReference({ model, samples, parameters, mathematics, isTraining: false });
      expect(replica.evaluate(samples).lossSum / kept.loss).toBeCloseTo(1, 6);
      expect(replica.predict(samples)).toEqual(Float32Array.from(kept.values.get('augmented') ?? []));
    });

    it('is the same for a sample in whatever shard it is computed, and another in each step', () => {
      const replica = create();
      const lossOf = (step: number, first: number, count: number) => {
        const part = sliceSamples(samples, bytesOfSample(augmentation), first, count);
        return replica.computeShard(part, { step, firstSample: first }).lossSum;
      };
      expect(lossOf(2, 0, 4) + lossOf(2, 4, 4) + lossOf(2, 8, 4)).toBeCloseTo(lossOf(2, 0, 12), 10);
      expect(new Set([0, 1, 2, 3, 4].map((step) => lossOf(step, 0, 12))).size).toBeGreaterThan(1);
    });
  });

  it('by noise lets gradients pass', () => {
    checkLayersGradients(profile, [randomNoise(0.2)], { tolerance: 5e-4 });
  });
});

const options = {
  features: { name: 'images', type: 'f32', shape: [6, 6, 2] },
  labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
  loss: 'softmax-cross-entropy',
} as const;

const attributesOf = (layers: readonly Layer[], withSeed?: number) =>
  graphFromLayers([...layers, dense(3)], { ...options, ...(withSeed !== undefined && { seed: withSeed }) })
    .nodes.filter(({ op }) => op.startsWith('random'))
    .map(({ op, attributes }) => ({ op, ...attributes }));

describe('the layers of augmentation', () => {
  it('draw by the job’s seed, each of them differently', () => {
    expect(
      attributesOf([randomShift(2), randomFlip(), randomNoise(0.1), randomCrop({ height: 4, width: 5 })], 7),
    ).toEqual([
      { op: 'randomCrop', height: 6, width: 6, padding: 2, seed: 7, stream: 0 },
      { op: 'randomFlip', probability: 0.5, seed: 7, stream: 1 },
      { op: 'randomNoise', standardDeviation: 0.1, seed: 7, stream: 2 },
      { op: 'randomCrop', height: 4, width: 5, padding: 0, seed: 7, stream: 3 },
    ]);
  });

  it('are refused where there is no image, or none as large', () => {
    expect(() => attributesOf([dense(4), randomFlip()])).toThrow(
      new InputError('model.layers.1 (randomFlip): expected an image [height, width, channels], found [4]'),
    );
    expect(() => attributesOf([randomCrop({ height: 9, width: 6, padding: 1 })])).toThrow(
      new InputError(
        'model.layers.0 (randomCrop): expected an image of at least 9x6 with its padding of 1, found [6, 6, 2]',
      ),
    );
  });

  it('stand in front of what is trained: but for noise, they have no gradient', () => {
    const graph = graphFromLayers([conv2d({ filters: 2, kernelSize: 1 }), randomFlip(), dense(3)], options);
    expect(() => Replica.create(engines.portable, graph, { microbatchSize: 2 })).toThrow(
      'node randomFlip1: randomFlip stands before the loss but cannot be differentiated',
    );
  });
});
