// The workloads that gradswarm and its peers are timed on.

import type { Samples } from '../../shared/data/samples.ts';
import type { Graph } from '../../shared/engine/graph.ts';
import { graphFromLayers, type Layer } from '../../shared/model/layers.ts';
import { CounterDraws, purposes } from '../../shared/random/philox.ts';

export type WorkloadName = 'W1' | 'W2' | 'W3';

export interface Workload {
  readonly title: string;
  readonly batchSize: number;
  readonly layers: readonly Layer[];
  readonly learningRate: number;
  /** Floating-point operations of the matrix products of a step, in millions. */
  readonly megaflops: number;
}

const mlp = (...units: readonly number[]): readonly Layer[] =>
  units.flatMap((count, index): readonly Layer[] => {
    const dense: Layer = { type: 'dense', units: count };
    return index < units.length - 1 ? [dense, { type: 'relu' }] : [dense];
  });

const convolution = (filters: number): readonly Layer[] => [
  { type: 'conv2d', filters, kernelSize: 5, padding: 'same' },
  { type: 'relu' },
  { type: 'maxPool', size: 2 },
];

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W1: { title: 'MLP 784-100-10', batchSize: 100, layers: mlp(100, 10), learningRate: 0.05, megaflops: 32 },
  W2: { title: 'MLP 784-512-256-10', batchSize: 128, layers: mlp(512, 256, 10), learningRate: 0.05, megaflops: 308 },
  W3: {
    title: 'LeNet, 5x5x8 and 5x5x16',
    batchSize: 64,
    layers: [...convolution(8), ...convolution(16), { type: 'dense', units: 10 }],
    learningRate: 0.02,
    megaflops: 282,
  },
};

export function graphOf({ layers }: Workload): Graph {
  return graphFromLayers(layers, {
    features: { name: 'features', type: 'f32', shape: [28, 28, 1] },
    labels: { name: 'labels', type: 'u8', shape: [], classes: 10 },
    loss: 'softmax-cross-entropy',
  });
}

const pixels = 784;

/** Dense f32 features in [0, 1), as the peers get, and labels. */
export function samplesOf(count: number, seed: number): Samples {
  const draws = new CounterDraws(seed, purposes.draw, 0);
  const features = Float32Array.from({ length: count * pixels }, (_, index) => draws.uniform(index));
  const labels = Uint8Array.from({ length: count }, (_, index) => (index * 7 + seed) % 10);
  return { count, fields: [new Uint8Array(features.buffer), labels] };
}
