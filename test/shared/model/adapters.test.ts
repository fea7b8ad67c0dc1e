import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import { buildModel, type ParameterLayout } from '../../../shared/engine/model.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import { type Adapters, addAdapters, mergeAdapters } from '../../../shared/model/adapters.ts';
import { freezeParameters } from '../../../shared/model/freeze.ts';
import { denseLayers, imageGraph, imageSamples, mathematics } from '../engine/small_models.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';

const graph = imageGraph(denseLayers);
const adapters: Adapters = { kind: 'lora', rank: 2, alpha: 4, targets: ['dense*.weight'] };
const adapted = freezeParameters(addAdapters(graph, adapters), ['*.weight', '*.bias']);

describe('low-rank adapters', () => {
  it('stand beside the products of the weights that are named', () => {
    const { layout } = buildModel(adapted);
    expect(layout.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['dense1.weight.down', [36, 2]],
      ['dense1.weight.up', [2, 5]],
      ['dense2.weight.down', [5, 2]],
      ['dense2.weight.up', [2, 3]],
    ]);
    expect(layout.frozen.map(({ name }) => name)).toEqual([
      'dense1.weight',
      'dense1.bias',
      'dense2.weight',
      'dense2.bias',
    ]);
  });

  it('take the place of a product that is the prediction', () => {
    const last = graph.nodes.findIndex(({ name }) => name === 'dense2.product');
    const bare = { ...graph, nodes: graph.nodes.slice(0, last + 1), prediction: 'dense2.product' };
    expect(addAdapters(bare, adapters).prediction).toBe('dense2.product.adapted');
  });

  it('are refused where there is no product, or no low rank', () => {
    expect(() => addAdapters(graph, { ...adapters, targets: ['dense1.bias'] })).toThrow(
      new InputError('adapters.targets: dense1.bias is the name of no tensor; there are dense1.weight, dense2.weight'),
    );
    expect(() => addAdapters(graph, { ...adapters, rank: 4 })).toThrow(
      new InputError('adapters.rank: 4 is more than dense2.weight [5, 3] can have, at most 3'),
    );
  });
});

const slices = (flat: Float32Array, tensors: ParameterLayout['tensors']) =>
  tensors.map(({ name, offset, elements }): [string, Float32Array] => [name, flat.slice(offset, offset + elements)]);

describe.each(profiles)('a model with adapters in the %s profile', (profile) => {
  const engine: Engine = engines[profile];
  const samples = imageSamples(6);
  const create = (given: typeof graph) => {
    const replica = Replica.create(engine, given, { microbatchSize: 3 });
    replica.initialize(5);
    return replica;
  };

  it('begins as the model without, bit for bit', () => {
    const [base, model] = [create(graph), create(adapted)];
    const weights = new Map(slices(engine.float32(model.frozen, model.frozenCount).slice(), model.layout.frozen));
    base.setParameters(Float32Array.from(base.layout.tensors.flatMap(({ name }) => [...(weights.get(name) ?? [])])));
    expect([...model.predict(samples)]).toEqual([...base.predict(samples)]);
  });

  it('has the gradients of numerical differentiation', () => {
    for (const { worstRelativeError } of checkGradients({ engine, graph: adapted, samples, seed: 2, mathematics })) {
      expect(worstRelativeError).toBeLessThan(2e-3);
    }
  });

  it('predicts the same once its adapters are merged', () => {
    const [base, model] = [create(graph), create(adapted)];
    model.setParameters(testValues(model.parameterCount, 3));
    const weights = new Map([
      ...slices(model.readParameters(), model.layout.tensors),
      ...slices(engine.float32(model.frozen, model.frozenCount).slice(), model.layout.frozen),
    ]);
    const tensors = [...model.layout.tensors, ...model.layout.frozen];
    const merged = mergeAdapters(
      adapters,
      new Map(tensors.map(({ name, shape }) => [name, { shape, values: weights.get(name) ?? new Float32Array(0) }])),
    );
    expect([...merged.keys()].sort()).toEqual(base.layout.tensors.map(({ name }) => name).sort());
    base.setParameters(
      Float32Array.from(base.layout.tensors.flatMap(({ name }) => [...(merged.get(name)?.values ?? [])])),
    );
    const [expected, found] = [model.predict(samples), base.predict(samples)];
    found.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 4);
    });
    expect([...found]).not.toEqual([...create(graph).predict(samples)]);
  });
});
