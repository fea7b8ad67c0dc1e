// Attention: against plain loops, against numerical differentiation, and what its mask promises.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { engines, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf } from '../small_models.ts';
import { type BuildOp, expectForward, expectGradients, graphOfOp } from './graph_checks.ts';

interface Sizes {
  readonly positions: number;
  readonly keyValueHeads: number;
  readonly group: number;
  readonly size: number;
  readonly causal: boolean;
  readonly isTurned: boolean;
}

const sizes = fc.record({
  positions: fc.integer({ min: 1, max: 21 }),
  keyValueHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  size: fc.integer({ min: 1, max: 5 }).map((half) => 2 * half),
  causal: fc.boolean(),
  isTurned: fc.boolean(),
});

function caseOf({ positions, keyValueHeads, group, size, causal, isTurned }: Sizes) {
  const heads = keyValueHeads * group;
  const [wide, narrow] = [
    [positions, heads * size],
    [positions, keyValueHeads * size],
  ];
  const rotary = isTurned ? { rotary: { base: 100 } } : {};
  const build: BuildOp = (builder, { learnt }) =>
    builder.attention('y', learnt('q', wide), learnt('k', narrow), learnt('v', narrow), {
      heads,
      keyValueHeads,
      causal,
      ...rotary,
    });
  return graphOfOp(build, wide);
}

describe.each(profiles)('attention in the %s profile', (profile) => {
  it('gives what plain loops give', () => {
    fc.assert(
      fc.property(sizes, (given) => expectForward(profile, caseOf(given), 2)),
      { numRuns: 40 },
    );
  });

  it('has gradients that agree with numerical differentiation', () => {
    fc.assert(
      fc.property(sizes, (given) => expectGradients(profile, caseOf({ ...given }), 2)),
      { numRuns: 25 },
    );
  });

  it.each([true, false])('does so for more positions than one block has (causal: %s)', (causal) => {
    const given = { positions: 139, keyValueHeads: 1, group: 2, size: 6, causal, isTurned: true };
    expectForward(profile, caseOf(given), 1);
    expectGradients(profile, caseOf({ ...given, positions: 70, size: 2 }), 1);
  });

  it('takes one tensor as queries, keys and values', () => {
    const build: BuildOp = (builder, { learnt }) => {
      const x = learnt('x', [9, 6]);
      return builder.attention('y', x, x, x, { heads: 2, causal: true });
    };
    expectForward(profile, graphOfOp(build, [9, 6]), 3);
    expectGradients(profile, graphOfOp(build, [9, 6]), 3);
  });

  it('learns values alone where queries and keys are given', () => {
    const build: BuildOp = (builder, { learnt }) => {
      const given = builder.input({ name: 'zz', type: 'f32', shape: [7, 4] });
      return builder.attention('y', given, given, learnt('v', [7, 4]), { heads: 2 });
    };
    const { graph, samplesOf } = graphOfOp(build, [7, 4]);
    const inputs = [
      ...graph.inputs.filter(({ name }) => name !== 'zz'),
      ...graph.inputs.filter((i) => i.name === 'zz'),
    ];
    const withGiven = (count: number) => {
      const { fields } = samplesOf(count);
      return { count, fields: [...fields, bytesOf(testValues(count * 28, 8))] };
    };
    expectGradients(profile, { graph: { ...graph, inputs }, samplesOf: withGiven }, 2);
  });

  it('shows a causal position nothing that comes later, to the bit', () => {
    const { graph, samplesOf } = caseOf({
      positions: 17,
      keyValueHeads: 1,
      group: 2,
      size: 4,
      causal: true,
      isTurned: false,
    });
    const replica = Replica.create(engines[profile], graph, { microbatchSize: 1 });
    replica.initialize(2);
    const samples = samplesOf(1);
    const before = replica.predict(samples).slice();
    for (const field of samples.fields) field.fill(0, Math.floor((field.length / 17) * 11));
    const after = replica.predict(samples);
    expect(after.subarray(0, 11 * 8)).toEqual(before.subarray(0, 11 * 8));
    expect(after.subarray(11 * 8)).not.toEqual(before.subarray(11 * 8));
  });

  it('gives a sample the same bits whatever stands beside it', () => {
    const { graph, samplesOf } = caseOf({
      positions: 10,
      keyValueHeads: 1,
      group: 1,
      size: 6,
      causal: true,
      isTurned: true,
    });
    const replica = Replica.create(engines[profile], graph, { microbatchSize: 3 });
    replica.initialize(2);
    const all = replica.predict(samplesOf(3)).slice();
    expect(replica.predict(samplesOf(1))).toEqual(all.subarray(0, all.length / 3));
  });
});

describe('attention refuses', () => {
  const build =
    (
      q: readonly number[],
      k: readonly number[],
      options: { heads: number; keyValueHeads?: number; base?: number },
    ): BuildOp =>
    (builder, { learnt }) => {
      const { base, ...rest } = options;
      const attributes = { ...rest, ...(base !== undefined && { rotary: { base } }) };
      return builder.attention('y', learnt('q', q), learnt('k', k), learnt('v', k), attributes);
    };
  const message = (op: BuildOp) => () => buildModel(graphOfOp(op, [5, 6]).graph);

  it('queries that the heads do not divide', () => {
    expect(message(build([5, 6], [5, 6], { heads: 4 }))).toThrow(
      'node y (attention): expected queries [positions, heads * size] with heads 4, a multiple of keyValueHeads 4, found queries [5, 6]',
    );
  });

  it('keys of another width', () => {
    expect(message(build([5, 6], [5, 6], { heads: 2, keyValueHeads: 1 }))).toThrow(
      'node y (attention): expected keys and values [5, 3], found k [5, 6]',
    );
  });

  it('heads of an odd size for rotary positions', () => {
    expect(message(build([5, 6], [5, 6], { heads: 2, base: 10 }))).toThrow(
      'node y (attention): expected heads of an even size for rotary positions, found size 3',
    );
  });
});
