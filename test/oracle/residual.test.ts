// An outside oracle for residual networks with batch norm: parameters, running statistics and predictions follow PyTorch's,
// where the mini-batch is one microbatch and where it is several.

import { describe, expect, it } from 'vitest';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { engines, profiles } from '../shared/kernels/profiles.ts';
import { type ResidualFixture, type ResidualRun, readResidualFixture } from './residual_fixture.ts';

/**
 * As in oracle.test.ts, relative to the loss and to the largest value of a tensor, but wider: what batch norm divides by a
 * deviation below one grows with it, layer after layer, and so does its rounding.
 */
const tolerance = 5e-5;

/** Elements of all running statistics: mean and variance of 5, 5, 5, 8, 8 and 8 channels. */
const statistics = 2 * 39;

const fixture = await readResidualFixture();

interface Differences {
  readonly loss: number;
  readonly weights: number;
  readonly statistics: number;
  readonly prediction: number;
}

/** Relative to the largest value. */
function difference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] ?? Number.NaN))), 0) / scale;
}

function follow(given: ResidualFixture, run: ResidualRun, profile: NumericsProfile): Differences {
  const engine = engines[profile];
  const { microbatchSize } = run;
  const replica = Replica.create(engine, graphFromLayers(given.layers, given), { microbatchSize });
  const optimizer = createOptimizer(engine, given.optimizer, replica.layout.trainable);
  replica.setParameters(given.initial);
  const largest = { loss: 0, weights: 0, statistics: 0 };
  run.steps.forEach((expected, step) => {
    const samples = given.batches[step % given.batches.length];
    if (samples === undefined) throw new Error('the fixture has no mini-batches');
    const { gradient, lossSum } = replica.computeShard(samples);
    largest.loss = Math.max(largest.loss, Math.abs(lossSum / samples.count - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, samples.count, given.optimizer.learningRate, step + 1);
    const { weights } = expected;
    if (weights === undefined) return;
    const found = replica.readParameters();
    for (const { kind, offset, elements } of replica.layout.tensors) {
      const [one, other] = [found, weights].map((flat) => flat.subarray(offset, offset + elements));
      const which = kind === 'state' ? 'statistics' : 'weights';
      largest[which] = Math.max(largest[which], difference(one ?? found, other ?? weights));
    }
  });
  const [first] = given.batches;
  if (first === undefined) throw new Error('the fixture has no mini-batches');
  return { ...largest, prediction: difference(replica.predict(first), run.prediction) };
}

/** Every layer, those within residual blocks too. */
function mapLayers(layers: readonly Layer[], change: (layer: Layer) => Layer): readonly Layer[] {
  return layers.map((layer) => {
    const changed = change(layer);
    if (changed.type !== 'residual') return changed;
    const within = (list: readonly unknown[]) => mapLayers(list as readonly Layer[], change);
    const { layers: body, shortcut } = changed;
    return { ...changed, layers: within(body), ...(shortcut !== undefined && { shortcut: within(shortcut) }) };
  });
}

const changingNorms = (options: object) => (given: ResidualFixture) => ({
  ...given,
  layers: mapLayers(given.layers, (layer) => (layer.type === 'batchNorm' ? { ...layer, ...options } : layer)),
});

describe.each(profiles)('a residual network with batch norm in the %s profile', (profile) => {
  it.each(fixture.runs)('follows PyTorch for 20 steps, in microbatches of $microbatchSize', (run) => {
    expect(run.steps.length).toBe(20);
    const found = follow(fixture, run, profile);
    const words = Object.entries(found).map(([what, value]) => `${value.toExponential(1)} in the ${what}`);
    console.log(`microbatches of ${run.microbatchSize}, ${profile}: differs from PyTorch by ${words.join(', ')}`);
    for (const [what, value] of Object.entries(found)) expect(value, what).toBeLessThan(tolerance);
  });
});

describe.each(fixture.runs)('the comparison with microbatches of $microbatchSize', (run) => {
  it.each([
    ['another epsilon', changingNorms({ epsilon: 1.1e-3 })],
    ['running statistics that move a hundredth too far', changingNorms({ momentum: 0.202 })],
    [
      'a shortcut that is another',
      (given: ResidualFixture) => ({
        ...given,
        layers: given.layers.map((layer, index) =>
          layer.type === 'residual' && index === 3 ? { ...layer, shortcut: [{ type: 'tanh' }] } : layer,
        ),
      }),
    ],
    [
      'running statistics that start elsewhere',
      (given: ResidualFixture) => ({
        ...given,
        initial: given.initial.map((value, at) => (at < given.initial.length - statistics ? value : 1.001 * value)),
      }),
    ],
  ])('notices %s', (_name, change) => {
    const found = follow(change(fixture) as ResidualFixture, run, 'portable');
    expect(Math.max(...Object.values(found))).toBeGreaterThan(tolerance);
  });

  it('notices statistics of other microbatches', () => {
    const found = follow(fixture, { ...run, microbatchSize: run.microbatchSize - 1 }, 'portable');
    expect(Math.max(...Object.values(found))).toBeGreaterThan(tolerance);
  });
});
