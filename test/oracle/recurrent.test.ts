// An outside oracle for recurrent models of language: LSTM, GRU, the loss of each position and RMSProp follow PyTorch's.

import { describe, expect, it } from 'vitest';
import type { NumericsProfile } from '../../shared/engine/engine.ts';
import { createOptimizer } from '../../shared/engine/optimizers/optimizer_registry.ts';
import { Replica } from '../../shared/engine/replica.ts';
import { graphFromLayers } from '../../shared/model/graph_from_layers.ts';
import { engines, profiles } from '../shared/kernels/profiles.ts';
import { type RecurrentFixture, readRecurrentFixture } from './recurrent_fixture.ts';

/**
 * As in oracle.test.ts, relative to the loss and to the largest weight of a tensor, though RMSProp divides by the root of
 * a small mean square, which enlarges what rounding has done to a small gradient.
 */
const tolerance = 5e-6;

const fixture = await readRecurrentFixture();

interface Differences {
  readonly loss: number;
  readonly weights: number;
  readonly prediction: number;
}

/** Relative to the largest value. */
function difference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] ?? Number.NaN))), 0) / scale;
}

function follow(given: RecurrentFixture, profile: NumericsProfile, microbatchSize: number): Differences {
  const engine = engines[profile];
  const replica = Replica.create(engine, graphFromLayers(given.layers, given), { microbatchSize });
  const optimizer = createOptimizer(engine, given.optimizer, replica.layout.trainable);
  replica.setParameters(given.initial);
  let [loss, weights] = [0, 0];
  given.steps.forEach((expected, step) => {
    const samples = given.batches[step % given.batches.length];
    if (samples === undefined) throw new Error('the fixture has no mini-batches');
    const { gradient, lossSum } = replica.computeShard(samples);
    loss = Math.max(loss, Math.abs(lossSum / samples.count - expected.loss) / expected.loss);
    replica.update(optimizer, gradient, samples.count, given.optimizer.learningRate, step + 1);
    const { weights: wanted } = expected;
    if (wanted === undefined) return;
    const found = replica.readParameters();
    for (const { offset, elements } of replica.layout.tensors) {
      const [one, other] = [found, wanted].map((flat) => flat.subarray(offset, offset + elements));
      weights = Math.max(weights, difference(one ?? found, other ?? wanted));
    }
  });
  const [first] = given.batches;
  if (first === undefined) throw new Error('the fixture has no mini-batches');
  return { loss, weights, prediction: difference(replica.predict(first), given.prediction) };
}

describe('a recurrent model of language', () => {
  it('has the parameters that PyTorch has', () => {
    const { layout } = Replica.create(engines.portable, graphFromLayers(fixture.layers, fixture), {
      microbatchSize: 1,
    });
    expect(layout.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(fixture.tensors);
  });

  it.each(profiles.flatMap((profile) => [16, 5].map((size) => [profile, size] as const)))(
    'follows PyTorch for 20 steps in the %s profile, in microbatches of %i',
    (profile, microbatchSize) => {
      expect(fixture.steps.length).toBe(20);
      const found = follow(fixture, profile, microbatchSize);
      const words = Object.entries(found).map(([what, value]) => `${value.toExponential(1)} in the ${what}`);
      console.log(`recurrent, ${profile}: differs from PyTorch by ${words.join(', ')}`);
      for (const [what, value] of Object.entries(found)) expect(value, what).toBeLessThan(tolerance);
    },
  );
});

/** Swaps two gates of a tensor [rows, gates * units]. */
function swapGates(given: RecurrentFixture, name: string, units: number, gates: readonly [number, number]) {
  const initial = given.initial.slice();
  let offset = 0;
  for (const tensor of given.tensors) {
    const elements = tensor.shape.reduce((product, size) => product * size, 1);
    const columns = tensor.shape.at(-1) ?? 1;
    for (let at = 0; tensor.name === name && at < elements; at++) {
      const gate = Math.floor((at % columns) / units);
      const other = gate === gates[0] ? gates[1] : gate === gates[1] ? gates[0] : gate;
      initial[offset + at] = given.initial[offset + at + (other - gate) * units] ?? 0;
    }
    offset += elements;
  }
  return { ...given, initial };
}

describe('the comparison notices', () => {
  it.each<readonly [string, (given: RecurrentFixture) => RecurrentFixture]>([
    ['gates of the LSTM in another order', (given) => swapGates(given, 'lstm1.recurrentWeight', 7, [0, 1])],
    ['gates of the GRU in another order', (given) => swapGates(given, 'gru1.weight', 6, [0, 1])],
    ['a bias of the GRU at the other gate', (given) => swapGates(given, 'gru1.recurrentBias', 6, [0, 2])],
    ['another smoothing', (given) => ({ ...given, loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0.101 } })],
    [
      'positions that are counted though they stand for none',
      (given) => ({
        ...given,
        batches: given.batches.map(({ count, fields: [tokens, next] }) => ({
          count,
          fields: [tokens ?? new Uint8Array(0), next?.map((label) => (label === 255 ? 0 : label)) ?? new Uint8Array(0)],
        })),
      }),
    ],
    ['a decay that is off by a hundredth', (given) => ({ ...given, optimizer: { ...given.optimizer, decay: 0.909 } })],
  ])('%s', (_name, change) => {
    expect(Math.max(...Object.values(follow(change(fixture), 'portable', 5)))).toBeGreaterThan(tolerance);
  });
});
