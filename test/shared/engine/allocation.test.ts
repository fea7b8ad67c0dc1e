import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../shared/engine/engine.ts';
import type { Graph } from '../../../shared/engine/graph.ts';
import { createOptimizer } from '../../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { profiles } from '../kernels/profiles.ts';
import { convolutionalLayers, imageGraph, imageSamples } from './small_models.ts';
import { ops } from './test_ops.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const steps = 2000;

/** The smallest thing on V8's heap, a boxed number, takes 16 bytes: half of one a step is none, and noise. */
const bound = 8 * steps;

/** Compilation and sweeping in the background add to many a measurement, but not to this many in a row. */
const measurements = 25;

/**
 * Bytes that appear on the heap in `steps` calls; nothing is collected in between, or the number would be negative. The
 * least of several measurements; the first below the bound ends them.
 */
function allocatedBytes(step: () => void): number {
  for (let warmUp = 0; warmUp < 2 * steps; warmUp++) step();
  const measure = () => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < steps; index++) step();
    return process.memoryUsage().heapUsed - before;
  };
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < measurements && least >= bound; round++) {
    const bytes = measure();
    if (bytes >= 0) least = Math.min(least, bytes);
  }
  return least;
}

/** Has the program's variables added to the scaled pixels. */
function stamped(graph: Graph): Graph {
  const nodes = graph.nodes.flatMap((node) =>
    node.op === 'scale'
      ? [
          { ...node, name: 'unstamped' },
          { name: node.name, op: 'stamp', inputs: ['unstamped'] },
        ]
      : [node],
  );
  return { ...graph, nodes };
}

/** Has the running mean of the scaled pixels taken off them. */
function centered(graph: Graph): Graph {
  const update = { kind: 'movingAverage', momentum: 0.3 };
  const nodes = graph.nodes.flatMap((node) =>
    node.op === 'scale'
      ? [
          { ...node, name: 'uncentered' },
          { name: 'mean', op: 'state', inputs: [], attributes: { shape: [1], initial: 0, update } },
          { name: node.name, op: 'center', inputs: ['uncentered', 'mean'] },
        ]
      : [node],
  );
  return { ...graph, nodes };
}

/** A training step of shards of 4 microbatches, the last of them smaller. */
async function trainingStep(profile: (typeof profiles)[number], graph = imageGraph(convolutionalLayers)) {
  const engine = await loadEngine(profile);
  const replica = Replica.create(engine, graph, { microbatchSize: 3, ops });
  replica.initialize(1);
  const specification = { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.001 } as const;
  const optimizer = createOptimizer(engine, specification, replica.layout.trainable);
  const samples = imageSamples(10);
  let steps = 0;
  const position = { step: 0, firstSample: 0 };
  const step = () => {
    steps += 1;
    position.step = steps % 3;
    const result = replica.computeShard(samples, position);
    replica.update(optimizer, result.gradient, result.samples, 0.01, steps);
  };
  return { engine, step };
}

describe.each(profiles)('a training step in the %s profile', (profile) => {
  it('allocates nothing on the JavaScript heap', async () => {
    const { step } = await trainingStep(profile);
    expect(allocatedBytes(step)).toBeLessThan(bound);
  });

  it('allocates nothing where kernels take variables of the program either', async () => {
    const graph = stamped(imageGraph(convolutionalLayers));
    expect(graph.nodes.filter(({ op }) => op === 'stamp')).toHaveLength(1);
    const { step } = await trainingStep(profile, graph);
    expect(allocatedBytes(step)).toBeLessThan(bound);
  });

  it('allocates nothing where a state follows the steps either', async () => {
    const { step } = await trainingStep(profile, centered(imageGraph(convolutionalLayers)));
    expect(allocatedBytes(step)).toBeLessThan(bound);
  });

  it('reserves no more of the engine memory after the first', async () => {
    const { engine, step } = await trainingStep(profile);
    step();
    const next = engine.allocate(0);
    for (let index = 0; index < 10; index++) step();
    expect(engine.allocate(0) - next).toBeLessThanOrEqual(64);
  });
});

it('a step that makes a single view would be noticed', async () => {
  const { engine, step } = await trainingStep('portable');
  let view: Uint8Array | undefined;
  const wasteful = () => {
    step();
    view = new Uint8Array(engine.memory.buffer, 0, 4);
  };
  expect(allocatedBytes(wasteful)).toBeGreaterThan(bound);
  expect(view).toHaveLength(4);
});
