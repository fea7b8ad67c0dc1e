// LSTM and GRU: against their equations unrolled in f64, against numerical differentiation, and what their shapes must be.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../../shared/data/samples.ts';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import type { Graph } from '../../../../shared/engine/graph.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { computeReference } from '../../../../shared/engine/reference.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { GraphBuilder, type TensorName } from '../../../../shared/model/builder.ts';
import { engines, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

interface Sizes {
  readonly samples: number;
  readonly steps: number;
  readonly inner: number;
  readonly units: number;
}

const ops = {
  lstm: { gates: 4, biases: ['bias'] },
  gru: { gates: 3, biases: ['bias', 'recurrentBias'] },
} as const;

type RecurrentOp = keyof typeof ops;

const outputs = 2;

function append(builder: GraphBuilder, op: RecurrentOp, name: string, x: TensorName, inner: number, units: number) {
  const { gates, biases } = ops[op];
  const initializer = { kind: 'normal', standardDeviation: 0.7 } as const;
  return builder.node(name, op, [
    x,
    builder.parameter(`${name}.weight`, [inner, gates * units], initializer),
    builder.parameter(`${name}.recurrentWeight`, [units, gates * units], initializer),
    ...biases.map((bias) => builder.parameter(`${name}.${bias}`, [gates * units], initializer)),
  ]);
}

/** Two layers, so that the second one hands a gradient on; every step of the last is measured. */
function graphOf(op: RecurrentOp, { steps, inner, units }: Sizes): Graph {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type: 'f32', shape: [steps, inner] });
  const target = builder.input({ name: 'target', type: 'f32', shape: [steps, outputs] });
  const first = append(builder, op, 'first', x, inner, units);
  const prediction = append(builder, op, 'second', first, units, outputs);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, target), prediction });
}

function samplesOf({ samples, steps, inner }: Sizes): Samples {
  const values = testValues(samples * steps * inner, 3).map((value) => 2 * value);
  return { count: samples, fields: [bytesOf(values), bytesOf(testValues(samples * steps * outputs, 4))] };
}

function predictBoth(profile: keyof typeof engines, op: RecurrentOp, sizes: Sizes) {
  const [graph, samples] = [graphOf(op, sizes), samplesOf(sizes)];
  const model = buildModel(graph);
  const replica = Replica.create(engines[profile], graph, { microbatchSize: sizes.samples });
  replica.initialize(5);
  const flat = Float64Array.from(replica.readParameters());
  const parameters = new Map(
    model.layout.tensors.map(({ name, offset, elements }) => [name, flat.slice(offset, offset + elements)]),
  );
  const { values } = computeReference({ model, samples, parameters, mathematics });
  return { found: replica.predict(samples), expected: values.get('second') ?? new Float64Array(0) };
}

function expectClose(found: Float32Array, expected: Float64Array, tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, at) => {
    expect(Math.abs(value - (expected[at] ?? Number.NaN)), `element ${at}`).toBeLessThan(tolerance);
  });
}

const sizes = fc.record({
  samples: fc.integer({ min: 1, max: 6 }),
  steps: fc.integer({ min: 1, max: 6 }),
  inner: fc.integer({ min: 1, max: 5 }),
  units: fc.integer({ min: 1, max: 9 }),
});

describe.each(['lstm', 'gru'] as const)('%s', (op) => {
  describe.each(profiles)('in the %s profile', (profile) => {
    it('gives every step what its equations give in f64', () => {
      fc.assert(
        fc.property(sizes, (chosen) => {
          const { found, expected } = predictBoth(profile, op, chosen);
          expectClose(found, expected, 1e-6);
        }),
        { numRuns: 30 },
      );
    });

    it('does so for more units than one sweep of k takes', () => {
      const { found, expected } = predictBoth(profile, op, { samples: 1, steps: 2, inner: 1, units: 1030 });
      expectClose(found, expected, 1e-4);
    });

    it('has gradients that agree with numerical differentiation', () => {
      fc.assert(
        fc.property(sizes, (chosen) => {
          const [graph, samples] = [graphOf(op, chosen), samplesOf(chosen)];
          for (const { name, worstRelativeError } of checkGradients({
            engine: engines[profile],
            graph,
            samples,
            seed: 3,
            mathematics,
          })) {
            expect(worstRelativeError, name).toBeLessThan(1e-4);
          }
        }),
        { numRuns: 15 },
      );
    });

    it('gives a sample the same bits in any company', () => {
      const chosen = { samples: 5, steps: 4, inner: 3, units: 7 };
      const [graph, { fields }] = [graphOf(op, chosen), samplesOf(chosen)];
      const replica = Replica.create(engines[profile], graph, { microbatchSize: 5 });
      replica.initialize(5);
      const together = replica.predict({ count: 5, fields });
      const size = chosen.steps * outputs;
      for (let sample = 0; sample < 5; sample++) {
        const bytes = 4 * chosen.steps * chosen.inner;
        const alone = fields[0]?.slice(sample * bytes, (sample + 1) * bytes) ?? new Uint8Array(0);
        expect(replica.predict({ count: 1, fields: [alone] })).toEqual(
          together.slice(sample * size, (sample + 1) * size),
        );
      }
    });
  });

  it.each([
    [[4], [3, 5], `expected x [steps, features], found [4]`],
    [[4, 3], [2, 5], `expected as weight for x [4, 3] a parameter [3, GATES], found parameter w [2, GATES]`],
  ])('refuses x %j with a weight %j', (shape, [inner = 0, units = 0], message) => {
    const { gates, biases } = ops[op];
    const zero = { kind: 'constant', value: 0 } as const;
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'x', type: 'f32', shape });
    const prediction = builder.node('y', op, [
      x,
      builder.parameter('w', [inner, gates * units], zero),
      builder.parameter('u', [units, gates * units], zero),
      ...biases.map((bias) => builder.parameter(bias, [gates * units], zero)),
    ]);
    const graph = builder.finish({ loss: builder.sumOfSquaredErrors('loss', prediction, x), prediction });
    const expected = message.replaceAll('GATES', String(gates * units));
    expect(() => buildModel(graph)).toThrow(`node y (${op}): ${expected}`);
  });
});
