// The workloads that gradswarm and its peers are timed on.

import type { Samples } from '../../shared/data/samples.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { elementsOf } from '../../shared/engine/shape.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { CounterDraws, purposes } from '../../shared/random/philox.ts';

export const workloadNames = ['W1', 'W2', 'W3', 'W4', 'W5'] as const;

export type WorkloadName = (typeof workloadNames)[number];

export interface Workload {
  readonly title: string;
  readonly batchSize: number;
  readonly layers: readonly Layer[];
  /** Height, width and channels of the features; absent where they are text. */
  readonly image?: readonly [height: number, width: number, channels: number];
  /** Positions in a sample, and different tokens; every position's label is a token. */
  readonly text?: { readonly positions: number; readonly tokens: number };
  /** Units of the dense layers, from the input on; absent where there are convolutions. */
  readonly units?: readonly number[];
  readonly learningRate: number;
}

const mlp = (title: string, batchSize: number, units: readonly number[]): Workload => ({
  title,
  batchSize,
  layers: units.slice(1).flatMap((count, index): readonly Layer[] => {
    const dense: Layer = { type: 'dense', units: count };
    return index < units.length - 2 ? [dense, { type: 'relu' }] : [dense];
  }),
  image: [28, 28, 1],
  units,
  learningRate: 0.05,
});

const convolution = (filters: number, kernelSize: number): readonly Layer[] => [
  { type: 'conv2d', filters, kernelSize, padding: 'same' },
  { type: 'relu' },
];

const pool: Layer = { type: 'maxPool', size: 2 };

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W1: mlp('MLP 784-100-10', 100, [784, 100, 10]),
  W2: mlp('MLP 784-512-256-10', 128, [784, 512, 256, 10]),
  W3: {
    title: 'LeNet, 5x5x8 and 5x5x16',
    batchSize: 64,
    layers: [...convolution(8, 5), pool, ...convolution(16, 5), pool, { type: 'dense', units: 10 }],
    image: [28, 28, 1],
    learningRate: 0.02,
  },
  W4: {
    title: 'CNN on 3x32x32, 3x3 of 32, 32 and 64',
    batchSize: 32,
    layers: [
      ...convolution(32, 3),
      ...convolution(32, 3),
      pool,
      ...convolution(64, 3),
      pool,
      { type: 'dense', units: 10 },
    ],
    image: [32, 32, 3],
    learningRate: 0.02,
  },
  W5: {
    title: 'GPT of 2 layers, width 128, 4 heads, 64 tokens of 96',
    batchSize: 16,
    layers: [
      { type: 'embedding', width: 128 },
      { type: 'positionalEmbedding' },
      { type: 'transformerBlock', heads: 4, causal: true },
      { type: 'transformerBlock', heads: 4, causal: true },
      { type: 'layerNorm' },
      { type: 'dense', units: 96, perPosition: true },
    ],
    text: { positions: 64, tokens: 96 },
    learningRate: 0.05,
  },
};

export const classes = 10;

/** Of features that are no image. */
const noImage = [0, 0, 0] as const;

export function graphOf({ layers, image = noImage, text }: Workload): Graph {
  const loss = 'softmax-cross-entropy';
  if (text !== undefined) {
    const field = { type: 'u8', shape: [text.positions], classes: text.tokens } as const;
    return graphFromLayers(layers, {
      features: { name: 'tokens', ...field },
      labels: { name: 'next', ...field },
      loss,
    });
  }
  return graphFromLayers(layers, {
    features: { name: 'features', type: 'f32', shape: image },
    labels: { name: 'labels', type: 'u8', shape: [], classes },
    loss,
  });
}

/** A mini-batch as every contestant gets it: dense f32 features in [0, 1), or tokens; and labels. */
export interface Batch {
  readonly features: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array;
}

/** Eight mini-batches, used in turn. */
export function batchesOf({ batchSize, image = noImage, text }: Workload): readonly Batch[] {
  return Array.from({ length: 8 }, (_, batch): Batch => {
    const draws = new CounterDraws(batch + 1, purposes.draw, 0);
    if (text !== undefined) {
      const length = batchSize * text.positions;
      const tokens = Uint8Array.from({ length: length + 1 }, (_token, index) => draws.below(text.tokens, index));
      return { features: tokens.slice(0, length), labels: tokens.slice(1) };
    }
    return {
      features: Float32Array.from({ length: batchSize * elementsOf(image) }, (_feature, index) => draws.uniform(index)),
      labels: Uint8Array.from({ length: batchSize }, (_label, index) => (index * 7 + batch) % classes),
    };
  });
}

export function samplesOf({ batchSize }: Workload, { features, labels }: Batch): Samples {
  return { count: batchSize, fields: [new Uint8Array(features.buffer), labels] };
}
