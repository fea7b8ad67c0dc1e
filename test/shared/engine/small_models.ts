// Small models and samples that the engine's tests share.

import type { Samples } from '../../../shared/data/samples.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import { testValues } from '../kernels/profiles.ts';

export const mathematics = { exp: Math.exp, log: Math.log, tanh: Math.tanh };

export function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A convolutional network with every kind of layer on 6x6 byte images, 3 classes. */
export const convolutionalLayers: readonly Layer[] = [
  { type: 'conv2d', filters: 3, kernelSize: 3, padding: 'same' },
  { type: 'relu' },
  { type: 'maxPool', size: 2 },
  { type: 'conv2d', filters: 2, kernelSize: 2 },
  { type: 'tanh' },
  { type: 'averagePool', size: 2 },
  { type: 'dense', units: 5 },
  { type: 'sigmoid' },
  { type: 'dense', units: 3 },
];

export const denseLayers: readonly Layer[] = [
  { type: 'dense', units: 5 },
  { type: 'relu' },
  { type: 'dense', units: 3 },
];

export function imageGraph(layers: readonly Layer[]): Graph {
  return graphFromLayers(layers, {
    features: { name: 'pixels', type: 'u8', shape: [6, 6, 1] },
    labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
    loss: 'softmax-cross-entropy',
  });
}

/** Samples of `imageGraph`: noise, brighter in the two rows that the label says. */
export function imageSamples(count: number, seed = 1): Samples {
  const labels = Uint8Array.from({ length: count }, (_, sample) => (sample * 7 + seed) % 3);
  const pixels = Uint8Array.from(testValues(count * 36, seed), (value, index) => {
    const isBright = Math.floor((index % 36) / 12) === labels[Math.floor(index / 36)];
    return Math.floor((value + 1) * 64) + (isBright ? 127 : 0);
  });
  return { count, fields: [pixels, labels] };
}

/** A stretch of samples whose fields hold `bytesPerSample` bytes each. */
export function sliceSamples({ fields }: Samples, bytesPerSample: readonly number[], first: number, count: number) {
  return {
    count,
    fields: fields.map((field, index) => {
      const bytes = bytesPerSample[index] ?? 0;
      return field.slice(first * bytes, (first + count) * bytes);
    }),
  };
}
