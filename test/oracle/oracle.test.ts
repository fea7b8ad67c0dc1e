// An outside oracle: whole models follow PyTorch's loss and weights step by step.

import { describe, expect, it } from 'vitest';
import { loadEngine, type NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import { type Fixture, fixtureNames, readFixture } from './fixture.ts';

/**
 * Largest difference allowed, relative to the loss and to the largest weight of a tensor. The fixtures are computed in
 * float64. An f32 operation rounds by 2^-24 = 6e-8 at most; twenty steps put some two hundred of them in a row, of
 * either sign, of which the square root survives, and a tensor whose gradients exceed its weights, as a young bias,
 * sees them enlarged: up to 2e-6 was found. A wrong formula is off by percents.
 */
const tolerance = 5e-6;

const profiles: readonly NumericsProfile[] = ['portable', 'fused'];

/** The whole mini-batch; shards of a full tree; and microbatches that leave a remainder and an absent leaf. */
const microbatchSizes = [64, 5, 7];

interface Differences {
  readonly loss: number;
  readonly weights: number;
}

/** Trains like the fixture, and returns the largest relative differences from it over all steps. */
async function follow(fixture: Fixture, profile: NumericsProfile, microbatchSize: number): Promise<Differences> {
  const engine = await loadEngine(profile);
  const replica = Replica.create(engine, graphFromLayers(fixture.layers, fixture), { microbatchSize });
  const optimizer = createOptimizer(engine, fixture.optimizer, replica.parameterCount);
  loadWeights(replica, fixture);
  const largest = { loss: 0, weights: 0 };
  fixture.steps.forEach((expected, step) => {
    const samples = fixture.batches[step % fixture.batches.length];
    if (samples === undefined) throw new Error('the fixture has no mini-batches');
    const { gradient, lossSum } = replica.computeShard(samples);
    const loss = lossSum / samples.count;
    largest.loss = Math.max(largest.loss, Math.abs(loss - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, samples.count, fixture.optimizer.learningRate, step + 1);
    largest.weights = Math.max(largest.weights, weightsDifference(replica, expected.weights));
  });
  return largest;
}

function loadWeights(replica: Replica, { parameters }: Fixture): void {
  const ours = replica.layout.tensors.map(({ name, shape }) => ({ name, shape }));
  expect(ours).toEqual(parameters.map(({ name, shape }) => ({ name, shape })));
  const values = new Float32Array(replica.parameterCount);
  replica.layout.tensors.forEach(({ offset }, index) => {
    values.set(parameters[index]?.initial ?? [], offset);
  });
  replica.setParameters(values);
}

/** The largest difference of a weight, relative to the largest weight of its tensor. */
function weightsDifference(replica: Replica, expected: Float32Array): number {
  const found = replica.readParameters();
  expect(found.length).toBe(expected.length);
  const differences = replica.layout.tensors.map(({ offset, elements }) => {
    const wanted = expected.subarray(offset, offset + elements);
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = wanted.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (found[offset + index] ?? Number.NaN))),
      0,
    );
    return difference / scale;
  });
  return Math.max(...differences);
}

/** Small mistakes that the comparison must not let pass. */
const mistakes: readonly { readonly mistake: string; readonly make: (fixture: Fixture) => Fixture }[] = [
  {
    mistake: 'a learning rate that is off by a thousandth',
    make: ({ optimizer, ...fixture }) => ({
      ...fixture,
      optimizer: { ...optimizer, learningRate: 1.001 * optimizer.learningRate },
    }),
  },
  {
    mistake: 'another rule of momentum',
    make: ({ optimizer, ...fixture }) => ({
      ...fixture,
      optimizer: { ...optimizer, momentum: optimizer.momentum || 0.1, nesterov: !optimizer.nesterov },
    }),
  },
  {
    mistake: 'a sample that is left out of each mini-batch',
    make: ({ batches, ...fixture }) => ({
      ...fixture,
      batches: batches.map(({ count, fields }) => ({
        count: count - 1,
        fields: fields.map((field) => field.subarray(0, (field.length / count) * (count - 1))),
      })),
    }),
  },
  {
    mistake: 'initial weights that are off by a thousandth',
    make: ({ parameters, ...fixture }) => ({
      ...fixture,
      parameters: parameters.map(({ initial, ...tensor }) => ({ ...tensor, initial: initial.map((x) => 1.001 * x) })),
    }),
  },
];

describe.each(fixtureNames)('%s', (name) => {
  it.each(profiles)(
    'follows PyTorch for 20 steps in the %s profile, however the mini-batch is cut',
    async (profile) => {
      const fixture = await readFixture(name);
      expect(fixture.steps.length).toBe(20);
      const found: Differences[] = [];
      for (const microbatchSize of microbatchSizes) found.push(await follow(fixture, profile, microbatchSize));
      const loss = Math.max(...found.map((differences) => differences.loss));
      const weights = Math.max(...found.map((differences) => differences.weights));
      console.log(
        `${name}, ${profile}: differs from PyTorch by ${loss.toExponential(1)} in the loss, ` +
          `${weights.toExponential(1)} in the weights`,
      );
      expect(loss).toBeLessThan(tolerance);
      expect(weights).toBeLessThan(tolerance);
    },
  );

  it.each(mistakes)('notices $mistake', async ({ make }) => {
    const { loss, weights } = await follow(make(await readFixture(name)), 'portable', 5);
    expect(loss).toBeGreaterThan(tolerance);
    expect(weights).toBeGreaterThan(tolerance);
  });
});
