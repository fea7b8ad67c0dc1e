// The workloads that gradswarm and its peers are timed on.

import type { Samples } from '../../shared/data/samples.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { CounterDraws, purposes } from '../../shared/random/philox.ts';

export const workloadNames = ['W1', 'W2', 'W3'] as const;

export type WorkloadName = (typeof workloadNames)[number];

export interface Workload {
  readonly title: string;
  readonly batchSize: number;
  readonly layers: readonly Layer[];
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
  units,
  learningRate: 0.05,
});

const convolution = (filters: number): readonly Layer[] => [
  { type: 'conv2d', filters, kernelSize: 5, padding: 'same' },
  { type: 'relu' },
  { type: 'maxPool', size: 2 },
];

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W1: mlp('MLP 784-100-10', 100, [784, 100, 10]),
  W2: mlp('MLP 784-512-256-10', 128, [784, 512, 256, 10]),
  W3: {
    title: 'LeNet, 5x5x8 and 5x5x16',
    batchSize: 64,
    layers: [...convolution(8), ...convolution(16), { type: 'dense', units: 10 }],
    learningRate: 0.02,
  },
};

export const classes = 10;

const pixels = 784;

export function graphOf({ layers }: Workload): Graph {
  return graphFromLayers(layers, {
    features: { name: 'features', type: 'f32', shape: [28, 28, 1] },
    labels: { name: 'labels', type: 'u8', shape: [], classes },
    loss: 'softmax-cross-entropy',
  });
}

/** A mini-batch as every contestant gets it: dense f32 features in [0, 1), and labels. */
export interface Batch {
  readonly features: Float32Array<ArrayBuffer>;
  readonly labels: Uint8Array;
}

/** Eight mini-batches, used in turn. */
export function batchesOf({ batchSize }: Workload): readonly Batch[] {
  return Array.from({ length: 8 }, (_, batch) => {
    const draws = new CounterDraws(batch + 1, purposes.draw, 0);
    return {
      features: Float32Array.from({ length: batchSize * pixels }, (_, index) => draws.uniform(index)),
      labels: Uint8Array.from({ length: batchSize }, (_, index) => (index * 7 + batch) % classes),
    };
  });
}

export function samplesOf({ features, labels }: Batch): Samples {
  return { count: labels.length, fields: [new Uint8Array(features.buffer), labels] };
}
