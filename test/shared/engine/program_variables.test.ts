import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../shared/engine/model.ts';
import type { ProgramVariables } from '../../../shared/engine/program.ts';
import { computeReference } from '../../../shared/engine/reference.ts';
import { Replica } from '../../../shared/engine/replica.ts';
import { GraphBuilder } from '../../../shared/model/builder.ts';
import { engines, profiles, testValues } from '../kernels/profiles.ts';
import { bytesOf, mathematics, sliceSamples } from './small_models.ts';
import { ops } from './test_ops.ts';

/** ½ Σ (0.5 x + b + step + first sample)² over 2 features. */
function stampGraph() {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [2] });
  const zero = builder.input({ name: 'zero', type: 'f32', shape: [2] });
  const offset = builder.parameter('offset', [2], { kind: 'constant', value: 0 });
  const prediction = builder.node('stamped', 'stamp', [builder.bias('shifted', x, offset)]);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, zero), prediction });
}

function samplesOf(count: number) {
  return { count, fields: [bytesOf(testValues(2 * count, 1)), new Uint8Array(8 * count)] };
}

describe.each(profiles)('variables of a program in the %s profile', (profile) => {
  const replica = Replica.create(engines[profile], stampGraph(), { microbatchSize: 3, ops });
  const sumsOf = (count: number, position?: Readonly<ProgramVariables>) => ({
    ...replica.computeShard(samplesOf(count), position),
  });

  it('are the step and the position of each microbatch in the mini-batch', () => {
    const result = replica.computeShard(samplesOf(8), { step: 7, firstSample: 24 });
    const x = testValues(16, 1);
    const errors = x.map((value, index) => 0.5 * value + 7 + 24 + 3 * Math.floor(index / 6));
    const expected = errors.reduce((sum, error) => sum + 0.5 * error * error, 0);
    expect(result.lossSum / expected).toBeCloseTo(1, 6);
  });

  it('are 0 at the start of step 0, where nothing else is said', () => {
    expect(sumsOf(8)).toEqual(sumsOf(8, { step: 0, firstSample: 0 }));
    expect(sumsOf(8)).not.toEqual(sumsOf(8, { step: 1, firstSample: 0 }));
    expect(sumsOf(8)).not.toEqual(sumsOf(8, { step: 0, firstSample: 3 }));
  });

  it('agree with the reference', () => {
    const variables = { step: 3, firstSample: 12 };
    const model = buildModel(stampGraph(), ops);
    const parameters = new Map([['offset', new Float64Array(2)]]);
    const { loss } = computeReference({ model, samples: samplesOf(3), parameters, mathematics, variables });
    expect(replica.computeShard(samplesOf(3), variables).lossSum / loss).toBeCloseTo(1, 6);
  });

  it('make a sample the same in whatever shard it is computed', () => {
    const samples = samplesOf(12);
    const lossOf = (first: number, count: number) =>
      replica.computeShard(sliceSamples(samples, [8, 8], first, count), { step: 2, firstSample: first }).lossSum;
    expect(lossOf(0, 6) + lossOf(6, 6)).toBe(lossOf(0, 12));
  });

  it('are not left over from training in an evaluation', () => {
    const evaluated = () => replica.evaluate(samplesOf(4)).lossSum;
    const before = evaluated();
    replica.computeShard(samplesOf(4), { step: 9, firstSample: 30 });
    expect(evaluated()).toBe(before);
  });
});

it('an op of a registry of one’s own is unknown to the built-in one', () => {
  expect(() => buildModel(stampGraph())).toThrow('node stamped: there is no op stamp');
});
