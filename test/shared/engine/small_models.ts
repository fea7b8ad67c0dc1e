// Small models and samples that the engine's tests share.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { Samples } from '../../../shared/data/samples.ts';
import type { NumericsProfile } from '../../../shared/engine/engine.ts';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../shared/model/layers/layer_registry.ts';
import { conv2d, dense } from '../../../shared/model/layers/registered_layers.ts';
import { engines, testValues } from '../kernels/profiles.ts';

export const mathematics = { exp: Math.exp, log: Math.log, tanh: Math.tanh, sin: Math.sin, cos: Math.cos };

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

/** A momentum whose rest is no round number either. */
export const momentum = 0.3;

/** Regression on 3 features whose running means are taken off first; the op `center` is the tests' own. */
export function centeredGraph(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [3] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [2] });
  // Declared before the parameter, laid out behind it.
  const mean = builder.node('mean', 'state', [], {
    shape: [3],
    initial: 0.5,
    update: { kind: 'movingAverage', momentum },
  });
  const weight = builder.parameter('weight', [3, 2], { kind: 'xavier' });
  const prediction = builder.matmul('product', builder.node('centered', 'center', [x, mean]), weight);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, target), prediction });
}

/** Samples of `centeredGraph`, 12 and 8 bytes each. */
export function centeredSamples(count: number, seed = 1): Samples {
  return { count, fields: [bytesOf(testValues(3 * count, seed)), bytesOf(testValues(2 * count, seed + 1))] };
}

/** The mean of each feature of `centeredSamples`. */
export function featureMeans({ count, fields }: Samples): readonly number[] {
  const x = new Float32Array((fields[0] ?? new Uint8Array(0)).slice().buffer);
  return [0, 1, 2].map((feature) => x.reduce((sum, value, at) => sum + (at % 3 === feature ? value : 0), 0) / count);
}

const modelSizes = (least: number) =>
  fc.record({
    count: fc.integer({ min: least, max: least + 6 }),
    hidden: fc.integer({ min: 2, max: 9 }),
    loss: fc.constantFrom('softmax-cross-entropy' as const, 'sum-of-squared-errors' as const),
  });

/** Puts these layers behind a convolution and behind a dense layer, and compares gradients with numerical differentiation, of `least` samples or more. */
export function checkLayersGradients(
  profile: NumericsProfile,
  layers: readonly Layer[],
  {
    tolerance,
    step = 1e-6,
    least = 1,
  }: { readonly tolerance: number; readonly step?: number; readonly least?: number },
): void {
  const initializer = { kind: 'normal', standardDeviation: 0.6 } as const;
  const features = { name: 'features', type: 'f32', shape: [4, 4, 1] } as const;
  const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;
  fc.assert(
    fc.property(modelSizes(least), ({ count, hidden, loss }) => {
      const [first, last] = [conv2d({ filters: 5, kernelSize: 2, initializer }), dense(3, { initializer })];
      const model = [first, ...layers, dense(hidden, { initializer }), ...layers, last];
      const graph = graphFromLayers(model, { features, labels, loss });
      const labelBytes = Uint8Array.from({ length: count }, (_, sample) => (sample + hidden) % 3);
      const samples = { count, fields: [bytesOf(testValues(count * 16, hidden)), labelBytes] };
      const results = checkGradients({ engine: engines[profile], graph, samples, seed: 3, mathematics, step });
      expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(0);
      for (const { name, worstRelativeError } of results) expect(worstRelativeError, name).toBeLessThan(tolerance);
    }),
    { numRuns: 20 },
  );
}

/** As `checkLayersGradients`, for layers that take images: behind a convolution to 5x4 pixels of 6 channels alone. */
export function checkImageLayersGradients(
  profile: NumericsProfile,
  layers: readonly Layer[],
  { tolerance }: { readonly tolerance: number },
): void {
  const initializer = { kind: 'normal', standardDeviation: 0.6 } as const;
  const graph = graphFromLayers(
    [conv2d({ filters: 6, kernelSize: 2, initializer }), ...layers, dense(3, { initializer })],
    {
      features: { name: 'features', type: 'f32', shape: [6, 5, 1] },
      labels: { name: 'labels', type: 'u8', shape: [], classes: 3 },
      loss: 'softmax-cross-entropy',
    },
  );
  for (const count of [1, 3]) {
    const labels = Uint8Array.from({ length: count }, (_, sample) => sample % 3);
    const samples = { count, fields: [bytesOf(testValues(count * 30, count)), labels] };
    const results = checkGradients({ engine: engines[profile], graph, samples, seed: 3, mathematics });
    expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(0);
    for (const { name, worstRelativeError } of results) expect(worstRelativeError, name).toBeLessThan(tolerance);
  }
}
