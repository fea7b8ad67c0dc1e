// Every activation: its kernels against formulas in f64, its gradient against numerical differentiation.

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { erfc } from '../../../../shared/engine/error_function.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import { type Layer, layersSchema } from '../../../../shared/model/layers/layer_registry.ts';
import { dense } from '../../../../shared/model/layers/registered_layers.ts';
import { engines, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, checkLayersGradients } from '../small_models.ts';

const normal = (x: number) => 0.5 * erfc(-x / Math.SQRT2, Math.exp);
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

interface Case {
  readonly layer: Layer;
  readonly f: (x: number) => number;
  /** Beyond which f64 gives nothing to compare with. */
  readonly least?: number;
  /** Computed in lanes of f32: how far from f64, relative to the value; the profiles differ. */
  readonly lanes?: { readonly tolerance: number };
}

const cases: readonly Case[] = [
  { layer: { type: 'relu' }, f: (x) => Math.max(x, 0) },
  { layer: { type: 'leakyRelu' }, f: (x) => (x > 0 ? x : Math.fround(0.01) * x) },
  { layer: { type: 'leakyRelu', slope: 0.25 }, f: (x) => (x > 0 ? x : 0.25 * x) },
  { layer: { type: 'clip', low: -1, high: 6 }, f: (x) => Math.min(Math.max(x, -1), 6) },
  { layer: { type: 'sigmoid' }, f: logistic },
  { layer: { type: 'tanh' }, f: Math.tanh },
  { layer: { type: 'silu' }, f: (x) => x * logistic(x) },
  { layer: { type: 'softplus' }, f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) },
  {
    layer: { type: 'gelu' },
    f: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    least: -3, // Beyond it, 1 + tanh cancels even in f64.
    lanes: { tolerance: 1.5e-6 },
  },
  { layer: { type: 'gelu', form: 'exact' }, f: (x) => x * normal(x) },
];

const named = cases.map((one) => [JSON.stringify(one.layer), one] as const);

/** y = f(x) through a whole model: what the layer predicts for these values. */
function predict(profile: (typeof profiles)[number], layer: Layer, values: Float32Array): Float32Array {
  const features = { name: 'features', type: 'f32', shape: [1] } as const;
  const labels = { name: 'labels', type: 'f32', shape: [1] } as const;
  const identity = dense(1, { initializer: { kind: 'constant', value: 1 } });
  const graph = graphFromLayers([identity, layer], { features, labels, loss: 'sum-of-squared-errors' });
  const replica = Replica.create(engines[profile], graph, { microbatchSize: values.length });
  replica.initialize(1);
  return replica.predict({ count: values.length, fields: [bytesOf(values)] }).slice();
}

describe.each(named)('%s', (_name, { layer, f, least = -80, lanes }) => {
  it('is a layer as a job file states it', () => {
    expect(v.parse(layersSchema, [layer])).toEqual([layer]);
  });

  it.each(profiles)('agrees with its formula in f64 to the rounding of f32, in the %s profile', (profile) => {
    const values = testValues(5_000, 7).map((x) => (x > 0 ? 20 : -least) * x);
    predict(profile, layer, values).forEach((value, at) => {
      const expected = f(values[at] ?? 0);
      const error = Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-30);
      expect(error, `at ${values[at]}: ${value} for ${expected}`).toBeLessThan(lanes?.tolerance ?? 6.2e-8);
    });
  });

  it.skipIf(lanes)('has the same bits in both profiles', () => {
    const values = testValues(999, 5).map((x) => 9 * x);
    expect(predict('fused', layer, values)).toEqual(predict('portable', layer, values));
  });

  it('gives finite values far out', () => {
    for (const value of predict('portable', layer, Float32Array.of(-3e38, -100, -0, 0, 100, 3e38)))
      expect(value).toSatisfy(Number.isFinite);
  });

  it.each(profiles)('has gradients that agree with numerical differentiation, in the %s profile', (profile) => {
    checkLayersGradients(profile, [layer], { tolerance: 2e-4, step: 1e-4 });
  });
});
