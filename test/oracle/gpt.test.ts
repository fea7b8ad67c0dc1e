// An outside oracle for transformers: small GPTs follow PyTorch's loss and weights step by step.

import { describe, expect, it } from 'vitest';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../shared/model/layers/layer_registry.ts';
import { engines, profiles } from '../shared/kernels/profiles.ts';
import { type GptFixture, type GptName, readGptFixture } from './gpt_fixture.ts';

/**
 * As in oracle.test.ts, relative to the loss and to the largest weight of a tensor; but without rotary positions a key's bias
 * moves no probability, and all that it learns is rounding.
 */
const tolerances: Readonly<Record<GptName, number>> = { learned: 2e-5, rotary: 1e-5 };

const names: readonly GptName[] = ['learned', 'rotary'];

const fixtures: Readonly<Record<GptName, GptFixture>> = {
  learned: await readGptFixture('learned'),
  rotary: await readGptFixture('rotary'),
};

function follow(given: GptFixture, profile: NumericsProfile, microbatchSize: number) {
  const engine = engines[profile];
  const replica = Replica.create(engine, graphFromLayers(given.layers, given), { microbatchSize });
  const optimizer = createOptimizer(engine, given.optimizer, replica.parameterCount);
  replica.setParameters(given.initial);
  const largest = { loss: 0, weights: 0 };
  given.steps.forEach((expected, step) => {
    const samples = given.batches[step % given.batches.length];
    if (samples === undefined) throw new Error('the fixture has no mini-batches');
    const { gradient, lossSum } = replica.computeShard(samples);
    largest.loss = Math.max(largest.loss, Math.abs(lossSum / samples.count - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, samples.count, given.optimizer.learningRate, step + 1);
    const { weights } = expected;
    if (weights !== undefined) largest.weights = Math.max(largest.weights, weightsDifference(replica, weights));
  });
  return largest;
}

/** The largest difference of a weight, relative to the largest weight of its tensor. */
function weightsDifference(replica: Replica, expected: Float32Array): number {
  const found = replica.readParameters();
  expect(found.length).toBe(expected.length);
  const differences = replica.layout.tensors.map(({ offset, elements }) => {
    const wanted = expected.subarray(offset, offset + elements);
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const errors = wanted.map((value, at) => Math.abs(value - (found[offset + at] ?? Number.NaN)));
    return Math.max(...errors) / scale;
  });
  return Math.max(...differences);
}

/** Changes what the model's blocks state. */
const inBlocks = (change: object) => (given: GptFixture) => ({
  ...given,
  layers: given.layers.map((layer) => (layer.type === 'transformerBlock' ? ({ ...layer, ...change } as Layer) : layer)),
});

const withInitial = (change: (value: number, at: number) => number) => (given: GptFixture) => ({
  ...given,
  initial: given.initial.map(change),
});

type Mistake = readonly [what: string, make: (given: GptFixture) => GptFixture];

const mistakes: Readonly<Record<GptName, readonly Mistake[]>> = {
  learned: [
    ['attention that sees what comes later', inBlocks({ causal: false })],
    ['rotary positions besides', inBlocks({ rotary: { base: 10_000 } })],
    ['heads of another size', inBlocks({ heads: 4 })],
    ['a token’s row that is off by a thousandth', withInitial((value, at) => (at < 8 ? 1.001 * value : value))],
    ['a learning rate off by a thousandth', (g) => ({ ...g, optimizer: { ...g.optimizer, learningRate: 0.3003 } })],
    ['a gradient that is clipped a hundredth later', (g) => ({ ...g, optimizer: { ...g.optimizer, clipNorm: 1.01 } })],
  ],
  rotary: [
    ['rotary positions of another base', inBlocks({ rotary: { base: 51 } })],
    ['rotary positions that hardly turn', inBlocks({ rotary: { base: 1e9 } })],
    ['attention that sees what comes later', inBlocks({ causal: false })],
    [
      'another epsilon of the norm',
      (g) => ({
        ...g,
        layers: g.layers.map((layer) => (layer.type === 'rmsNorm' ? { ...layer, epsilon: 1e-4 } : layer)),
      }),
    ],
    [
      'Adam’s decay in the place of AdamW’s',
      (g) => ({ ...g, optimizer: { ...g.optimizer, decoupled: false } as GptFixture['optimizer'] }),
    ],
    [
      'labels that are one token off',
      (g) => ({
        ...g,
        batches: g.batches.map(({ count, fields: [tokens = new Uint8Array()] }) => ({
          count,
          fields: [tokens, tokens],
        })),
      }),
    ],
  ],
};

describe.each(names)('the GPT with %s positions', (name) => {
  const [fixture, tolerance] = [fixtures[name], tolerances[name]];

  it.each(profiles)('follows PyTorch for 20 steps in the %s profile, however the mini-batch is cut', (profile) => {
    expect(fixture.steps.length).toBe(20);
    for (const microbatchSize of [12, 5]) {
      const { loss, weights } = follow(fixture, profile, microbatchSize);
      console.log(
        `GPT with ${name} positions, ${profile}, microbatches of ${microbatchSize}: differs from PyTorch by ` +
          `${loss.toExponential(1)} in the loss, ${weights.toExponential(1)} in the weights`,
      );
      expect(loss).toBeLessThan(tolerance);
      expect(weights).toBeLessThan(tolerance);
    }
  });

  it.each(mistakes[name])('has a comparison that notices %s', (_, make) => {
    const { loss, weights } = follow(make(fixture), 'portable', 12);
    expect(Math.max(loss, weights)).toBeGreaterThan(tolerance);
  });
});
