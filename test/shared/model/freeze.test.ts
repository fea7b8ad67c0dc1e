import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { InputError } from '../../../shared/errors.ts';
import { freezeParameters } from '../../../shared/model/freeze.ts';
import { convolutionalLayers, imageGraph, imageSamples, mathematics } from '../engine/small_models.ts';
import { engines, profiles } from '../kernels/profiles.ts';

const graph = imageGraph(convolutionalLayers);
const trunk = ['conv*', 'dense1.*'];

describe('freezing', () => {
  it('takes tensors out of the flat vectors into one of their own', () => {
    const { layout } = buildModel(freezeParameters(graph, trunk));
    expect(layout.tensors.map(({ name, offset }) => [name, offset])).toEqual([
      ['dense2.weight', 0],
      ['dense2.bias', 15],
    ]);
    expect(layout.frozen.map(({ name }) => name)).toEqual([
      'conv1.weight',
      'conv1.bias',
      'conv2.weight',
      'conv2.bias',
      'dense1.weight',
      'dense1.bias',
    ]);
    const whole = buildModel(graph).layout;
    expect(layout).toMatchObject({ trainable: 18, total: 18, frozenTotal: whole.total - 18 });
  });

  it('refuses a pattern that means nothing, and a model of which nothing is left to train', () => {
    expect(() => freezeParameters(graph, ['trunk.*'])).toThrow(
      /freeze: trunk\.\* is the name of no tensor; there are conv1/,
    );
    expect(() => buildModel(freezeParameters(graph, ['*']))).toThrow(
      new InputError('graph: every parameter is frozen: there is nothing to train'),
    );
  });
});

describe.each(profiles)('a model with frozen tensors in the %s profile', (profile) => {
  const engine = engines[profile];
  const create = (patterns: readonly string[]) => {
    const replica = Replica.create(engine, patterns.length === 0 ? graph : freezeParameters(graph, patterns), {
      microbatchSize: 4,
    });
    replica.initialize(7);
    return replica;
  };
  const samples = imageSamples(4);

  it('begins with the weights that it has without', () => {
    const [whole, part] = [create([]), create(trunk)];
    const flat = whole.readParameters();
    const frozen = engine.float32(part.frozen, part.frozenCount);
    for (const { name, offset, elements } of part.layout.frozen) {
      const own = whole.layout.tensors.find((tensor) => tensor.name === name);
      const expected = flat.slice(own?.offset, (own?.offset ?? 0) + elements);
      expect([...frozen.slice(offset, offset + elements)]).toEqual([...expected]);
    }
  });

  it('gives the same loss, and for what is trained the same gradient, bit for bit', () => {
    const [whole, part] = [create([]), create(trunk)];
    const expected = whole.computeShard(samples);
    const all = engine.float32(expected.gradient, whole.parameterCount).slice();
    const loss = expected.lossSum;
    const found = part.computeShard(samples);
    expect(found.lossSum).toBe(loss);
    const gradient = engine.float32(found.gradient, part.parameterCount);
    for (const { name, offset, elements } of part.layout.tensors) {
      const own = whole.layout.tensors.find((tensor) => tensor.name === name)?.offset ?? 0;
      expect([...gradient.slice(offset, offset + elements)]).toEqual([...all.slice(own, own + elements)]);
    }
  });

  it('takes fewer operations the more is frozen: no gradient goes through a frozen trunk', () => {
    const [none, some, most] = [create([]), create(['conv1.*']), create(trunk)].map((one) => one.operationsPerSample);
    expect(some).toBeLessThan(none ?? 0);
    expect(most).toBeLessThan(0.6 * (none ?? 0));
  });

  it('computes with other frozen weights once they are said to have changed', () => {
    const part = create(trunk);
    const before = part.computeShard(samples).lossSum;
    engine.float32(part.frozen, part.frozenCount).fill(0.01);
    part.parametersChanged();
    part.frozenChanged();
    expect(part.computeShard(samples).lossSum).not.toBe(before);
  });

  it('has the gradients of numerical differentiation with what is frozen in the middle', () => {
    const checks = checkGradients({
      engine,
      graph: freezeParameters(graph, ['dense1.*', 'conv2.weight']),
      samples,
      seed: 3,
      mathematics,
    });
    expect(checks.map(({ name }) => name)).toEqual([
      'conv1.weight',
      'conv1.bias',
      'conv2.bias',
      'dense2.weight',
      'dense2.bias',
    ]);
    for (const { worstRelativeError } of checks) expect(worstRelativeError).toBeLessThan(2e-3);
  });
});
