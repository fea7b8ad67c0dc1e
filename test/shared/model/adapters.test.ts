import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import { buildModel, type ParameterLayout } from '../../../shared/engine/model.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import { type Adapters, addAdapters, mergeAdapters } from '../../../shared/model/adapters.ts';
import { freezeParameters } from '../../../shared/model/freeze.ts';
import { graphFromLayers } from '../../../shared/model/graph_from_layers.ts';
import { denseLayers, imageGraph, imageSamples, mathematics } from '../engine/small_models.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';

const graph = imageGraph(denseLayers);
const adapters: Adapters = { kind: 'lora', rank: 2, alpha: 4, targets: ['dense*.weight'] };
const adapted = freezeParameters(addAdapters(graph, adapters), ['*.weight', '*.bias']);

/** A model that uses its table of tokens twice: rows of it where tokens come in, its transpose where they come out. */
const tiedGraph = graphFromLayers([{ type: 'embedding', width: 4 }, { type: 'tanh' }, { type: 'unembedding' }], {
  features: { name: 'tokens', type: 'u8', shape: [5], classes: 7 },
  labels: { name: 'next', type: 'u8', shape: [5], classes: 7 },
  loss: 'softmax-cross-entropy',
});
const tiedAdapters: Adapters = { ...adapters, targets: ['embedding1.table'] };
const tiedAdapted = freezeParameters(addAdapters(tiedGraph, tiedAdapters), ['embedding1.table']);
const tokens = (seed: number) => Uint8Array.from(testValues(30, seed), (value) => Math.floor((value + 1) * 3.5));

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

  it('stand beside rows of a table, and beside products with its transpose', () => {
    expect(buildModel(tiedAdapted).layout.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['embedding1.table.down', [7, 2]],
      ['embedding1.table.up', [2, 4]],
    ]);
    const sums = tiedAdapted.nodes.filter(({ name }) => name.endsWith('.adapted'));
    expect(sums.map(({ name }) => name)).toEqual(['embedding1.adapted', 'unembedding1.adapted']);
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

const models = [
  { what: 'products', graph, adapters, adapted, samples: imageSamples(6) },
  {
    what: 'a table',
    graph: tiedGraph,
    adapters: tiedAdapters,
    adapted: tiedAdapted,
    samples: { count: 6, fields: [tokens(2), tokens(3)] },
  },
];
const cases = models.flatMap((model) => profiles.map((profile) => ({ ...model, profile })));

describe.each(cases)('a model with adapters beside $what in the $profile profile', ({ profile, ...model }) => {
  const { graph, adapters, adapted, samples } = model;
  const engine: Engine = engines[profile];
  const create = (given: typeof graph) => {
    const replica = Replica.create(engine, given, { microbatchSize: 3 });
    replica.initialize(5);
    return replica;
  };

  it('begins as the model without, bit for bit', () => {
    const [base, replica] = [create(graph), create(adapted)];
    const weights = new Map(slices(engine.float32(replica.frozen, replica.frozenCount).slice(), replica.layout.frozen));
    base.setParameters(Float32Array.from(base.layout.tensors.flatMap(({ name }) => [...(weights.get(name) ?? [])])));
    expect([...replica.predict(samples)]).toEqual([...base.predict(samples)]);
  });

  it('has the gradients of numerical differentiation', () => {
    for (const { worstRelativeError } of checkGradients({ engine, graph: adapted, samples, seed: 2, mathematics })) {
      expect(worstRelativeError).toBeLessThan(2e-3);
    }
  });

  it('predicts the same once its adapters are merged', () => {
    const [base, replica] = [create(graph), create(adapted)];
    replica.setParameters(testValues(replica.parameterCount, 3));
    const weights = new Map([
      ...slices(replica.readParameters(), replica.layout.tensors),
      ...slices(engine.float32(replica.frozen, replica.frozenCount).slice(), replica.layout.frozen),
    ]);
    const tensors = [...replica.layout.tensors, ...replica.layout.frozen];
    const merged = mergeAdapters(
      adapters,
      new Map(tensors.map(({ name, shape }) => [name, { shape, values: weights.get(name) ?? new Float32Array(0) }])),
    );
    expect([...merged.keys()].sort()).toEqual(base.layout.tensors.map(({ name }) => name).sort());
    base.setParameters(
      Float32Array.from(base.layout.tensors.flatMap(({ name }) => [...(merged.get(name)?.values ?? [])])),
    );
    const [expected, found] = [replica.predict(samples), base.predict(samples)];
    found.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 4);
    });
    expect([...found]).not.toEqual([...create(graph).predict(samples)]);
  });
});
