import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../shared/engine/gradient_check.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { buildModel } from '../../../shared/engine/model.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { createStateUpdates } from '../../../shared/engine/state_updates.ts';
import { InputError } from '../../../shared/errors.ts';
import type { Shard } from '../../../shared/reduction/shard.ts';
import { ReductionTree } from '../../../shared/reduction/tree.ts';
import { engines, floats, profiles } from '../kernels/profiles.ts';
import { centeredGraph, centeredSamples, featureMeans, mathematics, momentum, sliceSamples } from './small_models.ts';
import { ops } from './test_ops.ts';

const microbatchSize = 3;

const join = (left: Float32Array, right: Float32Array) => left.map((value, index) => value + (right[index] ?? 0));

/** All shards of 2^level microbatches. */
function cutAt(level: number, leaves: number): readonly Shard[] {
  const size = 2 ** level;
  return Array.from({ length: Math.ceil(leaves / size) }, (_, index) => ({
    first: index * size,
    count: Math.min(size, leaves - index * size),
  }));
}

describe.each(profiles)('a state in the %s profile', (profile) => {
  const engine = engines[profile];
  const create = () => {
    const replica = Replica.create(engine, centeredGraph(), { microbatchSize, ops });
    replica.initialize(1);
    return replica;
  };
  const statesOf = (replica: Replica) => replica.readParameters().slice(replica.layout.trainable);

  it('starts at its initial value, behind the parameters', () => {
    const { layout } = create();
    expect(layout).toMatchObject({ trainable: 6, total: 9 });
    expect(layout.tensors.map(({ name, kind, offset }) => ({ name, kind, offset }))).toEqual([
      { name: 'weight', kind: 'parameter', offset: 0 },
      { name: 'mean', kind: 'state', offset: 6 },
    ]);
    expect([...statesOf(create())]).toEqual([0.5, 0.5, 0.5]);
  });

  it('moves by its rule to the mean over the mini-batch, each sample weighing the same', () => {
    const replica = create();
    const updateStates = createStateUpdates(engine, replica.layout);
    const expected = [0.5, 0.5, 0.5];
    const weights = replica.readParameters().slice(0, 6);
    // The last microbatch of each is smaller.
    for (const [index, count] of [10, 10, 4].entries()) {
      const samples = centeredSamples(count, index);
      const { gradient } = replica.computeShard(samples);
      expect(updateStates(replica.parameters, gradient, count)).toBe(true);
      featureMeans(samples).forEach((mean, feature) => {
        expected[feature] = (1 - momentum) * (expected[feature] ?? 0) + momentum * mean;
      });
    }
    statesOf(replica).forEach((state, feature) => {
      expect(state).toBeCloseTo(expected[feature] ?? Number.NaN, 6);
    });
    expect(replica.readParameters().slice(0, 6)).toEqual(weights);
  });

  it('has the same bits however the mini-batch is cut into shards', () => {
    const replica = create();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 4 }), (count, level) => {
        const samples = centeredSamples(count, count);
        const afterStep = (sum: ArrayLike<number>) => {
          const parameters = floats(engine, replica.readParameters());
          createStateUpdates(engine, replica.layout)(parameters, floats(engine, sum), count);
          return engine.float32(parameters, replica.parameterCount).slice();
        };
        const sumOf = (first: number, size: number) => {
          const part = sliceSamples(samples, [12, 8], first, size);
          return engine.float32(replica.computeShard(part).gradient, replica.parameterCount).slice();
        };
        const leaves = Math.ceil(count / microbatchSize);
        const tree = new ReductionTree<Float32Array>(leaves, join);
        for (const shard of [...cutAt(level, leaves)].reverse()) {
          const first = shard.first * microbatchSize;
          tree.add(shard, sumOf(first, Math.min(shard.count * microbatchSize, count - first)));
        }
        expect(afterStep(tree.root?.value ?? [])).toEqual(afterStep(sumOf(0, count)));
      }),
      { numRuns: 30 },
    );
  });

  it('is what a prediction computes with, which leaves it as it is', () => {
    const replica = create();
    const samples = centeredSamples(5);
    const before = replica.predict(samples);
    replica.evaluate(samples);
    expect([...statesOf(replica)]).toEqual([0.5, 0.5, 0.5]);
    const changed = replica.readParameters();
    changed.set([0, 0, 0], replica.layout.trainable);
    replica.setParameters(changed);
    expect(replica.predict(samples)).not.toEqual(before);
  });

  it('is no parameter to the gradient check', () => {
    const samples = centeredSamples(4);
    const checks = checkGradients({ engine, graph: centeredGraph(), samples, seed: 1, mathematics, ops });
    expect(checks.map(({ name }) => name)).toEqual(['weight']);
    expect(checks[0]?.worstRelativeError).toBeLessThan(1e-4);
  });

  it('that is not finite any more is reported', () => {
    const replica = create();
    const { gradient } = replica.computeShard(centeredSamples(4));
    engine.float32(gradient, 9)[7] = Number.POSITIVE_INFINITY;
    expect(createStateUpdates(engine, replica.layout)(replica.parameters, gradient, 4)).toBe(false);
  });
});

describe('a graph is refused', () => {
  const changed = (change: (graph: Graph) => Graph) => () =>
    Replica.create(engines.portable, change(centeredGraph()), { microbatchSize, ops });
  const withMomentum = (value: number) => (graph: Graph) => ({
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.op === 'state'
        ? { ...node, attributes: { ...node.attributes, update: { kind: 'movingAverage', momentum: value } } }
        : node,
    ),
  });

  it('whose state gets no contribution', () => {
    const unused = changed((graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) => (node.name === 'centered' ? { ...node, op: 'relu', inputs: ['x'] } : node)),
    }));
    expect(unused).toThrow(new InputError('state mean gets no contribution: remove it or use it'));
  });

  it.each([0, 1.5, Number.NaN])('whose state has momentum %s', (value) => {
    expect(changed(withMomentum(value))).toThrow(/^node mean \(state\): update\.momentum: /);
  });

  it('that has a state and no parameter', () => {
    const { nodes, ...rest } = centeredGraph();
    const fixed = nodes.filter(({ op }) => op !== 'parameter' && op !== 'matmul');
    const graph = {
      ...rest,
      inputs: rest.inputs.map((input) => ({ ...input, shape: [3] })),
      nodes: fixed.map((node) => (node.name === 'loss' ? { ...node, inputs: ['centered', 'target'] } : node)),
      prediction: 'centered',
    };
    expect(() => buildModel(graph, ops)).toThrow('graph: has no parameter');
  });
});
