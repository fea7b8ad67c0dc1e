// Dropout: its mask is a function of seed, step, stream and the sample's place, whoever computes it.

import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { computeReference } from '../../../../shared/engine/reference.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { engines, profiles } from '../../kernels/profiles.ts';
import { bytesOf, mathematics, sliceSamples } from '../small_models.ts';
import { type BuildOp, expectGradients, graphOfOp } from './graph_checks.ts';

const width = 10;

/** Loss ½ Σ dropped², of ones: half a square of the factor for each element that is kept. */
function onesCase(rate: number, seed = 1, stream = 0, elements = width) {
  const build: BuildOp = (builder, { learnt }) => builder.dropout('y', learnt('x', [elements]), { rate, seed, stream });
  const { graph } = graphOfOp(build, [elements]);
  const replica = Replica.create(engines.portable, graph, { microbatchSize: 3 });
  replica.setParameters(new Float32Array(elements));
  const samplesOf = (count: number) => ({
    count,
    fields: [
      new Uint8Array(4 * count),
      bytesOf(new Float32Array(count * elements).fill(1)),
      new Uint8Array(4 * count * elements),
    ],
  });
  return { graph, replica, samplesOf };
}

describe('dropout', () => {
  it.each(profiles)('has gradients that agree with numerical differentiation, in the %s profile', (profile) => {
    const build: BuildOp = (builder, { learnt }) =>
      builder.dropout('y', learnt('x', [3, 7]), { rate: 0.4, seed: 2 ** 40 + 7 });
    expectGradients(profile, graphOfOp(build, [3, 7]), 5);
  });

  it('keeps elements with the probability that is asked for, enlarged so that the mean stays', () => {
    const { replica, samplesOf } = onesCase(0.25, 1, 0, 1000);
    const { lossSum } = replica.computeShard(samplesOf(30));
    const kept = (2 * lossSum) / (1 / 0.75) ** 2 / 30_000;
    expect(Math.abs(kept - 0.75)).toBeLessThan(0.01);
  });

  it('leaves everything as it is outside training', () => {
    const { replica, samplesOf } = onesCase(0.9);
    expect([...replica.predict(samplesOf(3))]).toEqual(new Array(3 * width).fill(1));
    expect(replica.evaluate(samplesOf(3)).lossSum).toBe((3 * width) / 2);
  });

  it('drops nothing at rate 0', () => {
    const { replica, samplesOf } = onesCase(0);
    expect(replica.computeShard(samplesOf(4)).lossSum).toBe((4 * width) / 2);
  });

  it('masks a sample alike in whatever shard and microbatch it is computed', () => {
    const { replica, samplesOf } = onesCase(0.5);
    const lossOf = (first: number, count: number) => {
      const samples = sliceSamples(samplesOf(12), [4, 4 * width, 4 * width], first, count);
      return replica.computeShard(samples, { step: 4, firstSample: first }).lossSum;
    };
    expect(lossOf(0, 6) + lossOf(6, 6)).toBe(lossOf(0, 12));
    const alone = Array.from({ length: 12 }, (_, sample) => lossOf(sample, 1));
    expect(alone.reduce((sum, loss) => sum + loss, 0)).toBe(lossOf(0, 12));
    expect(new Set(alone).size).toBeGreaterThan(1);
  });

  it('draws other masks for another step, seed or stream, and the same for the same', () => {
    const gradientOf = (seed: number, stream: number, step: number) => {
      const { replica, samplesOf } = onesCase(0.5, seed, stream, 64);
      const { gradient } = replica.computeShard(samplesOf(1), { step, firstSample: 0 });
      return [...engines.portable.float32(gradient, 64)].join();
    };
    expect(gradientOf(1, 0, 0)).toBe(gradientOf(1, 0, 0));
    const others = [
      gradientOf(1, 0, 0),
      gradientOf(1, 0, 1),
      gradientOf(2, 0, 0),
      gradientOf(2 ** 32 + 1, 0, 0),
      gradientOf(1, 1, 0),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it('draws what the plain loops draw, at any position', () => {
    const { graph, replica, samplesOf } = onesCase(0.3, 77, 5, 13);
    const model = buildModel(graph);
    const variables = { step: 123_456, firstSample: 99 };
    const parameters = new Map([['x.shift', new Float64Array(13)]]);
    const { loss } = computeReference({ model, samples: samplesOf(3), parameters, mathematics, variables });
    expect(replica.computeShard(samplesOf(3), variables).lossSum).toBeCloseTo(loss, 4);
  });

  it('refuses a rate that leaves nothing', () => {
    expect(() => onesCase(1)).toThrow('node y (dropout): rate: expected at least 0 and less than 1');
  });
});
