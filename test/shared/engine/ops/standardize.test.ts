// Standardization: against its formula in f64, against numerical differentiation, and what it refuses.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import { engines, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

interface Case {
  readonly type: 'u8' | 'f32';
  readonly shape: readonly number[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Standardizes its input behind a bias that it learns, so that the op is differentiated too. */
function graphOf({ type, shape, mean, deviation }: Case) {
  const builder = new GraphBuilder();
  const x = builder.input({ name: 'x', type, shape });
  const target = builder.input({ name: 'target', type: 'f32', shape });
  const first = builder.standardize('first', x, mean, deviation);
  const moved = builder.bias(
    'moved',
    first,
    builder.parameter('b', [shape.at(-1) ?? 1], { kind: 'constant', value: 0.25 }),
  );
  const second = builder.standardize('second', moved, mean, deviation);
  return builder.finish({ loss: builder.sumOfSquaredErrors('loss', second, target), prediction: first });
}

const cases = fc
  .record({
    type: fc.constantFrom('u8' as const, 'f32' as const),
    rows: fc.integer({ min: 1, max: 3 }),
    columns: fc.integer({ min: 1, max: 9 }),
    isOne: fc.boolean(),
  })
  .map(({ type, rows, columns, isOne }): Case => {
    const length = isOne ? 1 : columns;
    return {
      type,
      shape: [rows, columns],
      mean: [...testValues(length, 5)].map((value) => 3 * value),
      deviation: [...testValues(length, 6)].map((value) => 1.5 + value),
    };
  });

describe.each(profiles)('standardize in the %s profile', (profile) => {
  it('gives what its formula gives, for bytes and f32, statistics of each column or one of all', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { type, mean, deviation } = given;
        const elements = (given.shape[0] ?? 1) * (given.shape[1] ?? 1);
        const values = [...testValues(3 * elements, 2)].map((value) => Math.round(100 * (value + 1)));
        const field = type === 'u8' ? Uint8Array.from(values) : bytesOf(Float32Array.from(values));
        const replica = Replica.create(engines[profile], graphOf(given), { microbatchSize: 3 });
        const found = replica.predict({ count: 3, fields: [field] });
        values.forEach((x, at) => {
          const column = at % mean.length;
          const [center, spread] = [Math.fround(mean[column] ?? 0), Math.fround(deviation[column] ?? 1)];
          expect(found[at]).toBe(Math.fround(Math.fround(x - center) / spread));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('has gradients that agree with numerical differentiation', () => {
    const graph = graphOf({ type: 'u8', shape: [2, 3], mean: [1, 2, 3], deviation: [0.5, 2, 3] });
    const samples = { count: 2, fields: [Uint8Array.from({ length: 12 }, (_, at) => at), bytesOf(testValues(12, 1))] };
    for (const { worstRelativeError, compared } of checkGradients({
      engine: engines[profile],
      graph,
      samples,
      seed: 1,
      mathematics,
    })) {
      expect(compared).toBe(3);
      expect(worstRelativeError).toBeLessThan(1e-3);
    }
  });
});

describe('standardize', () => {
  it.each([
    [[1, 2], [1, 1], 'standardize: expected 1 or 3 means and as many deviations for x [2, 3], found 2 and 2'],
    [[1], [1, 1, 1], 'standardize: expected 1 or 3 means and as many deviations for x [2, 3], found 1 and 3'],
  ])('refuses means %j with deviations %j', (mean, deviation, message) => {
    const build = () => buildModel(graphOf({ type: 'f32', shape: [2, 3], mean, deviation }));
    expect(build).toThrow(message.replace('standardize: ', ''));
  });

  it('refuses a deviation of 0', () => {
    const build = () => buildModel(graphOf({ type: 'f32', shape: [3], mean: [0], deviation: [0] }));
    expect(build).toThrow('expected a number above 0 that f32 can hold');
  });

  it('stands in front of the first layer of a model whose features have statistics, instead of the scale of bytes', () => {
    const standardization = { mean: [100], deviation: [50] };
    const { nodes } = graphFromLayers([{ type: 'dense', units: 2 }], {
      features: { name: 'image', type: 'u8', shape: [2, 2, 1], standardization },
      labels: { name: 'label', type: 'u8', shape: [], classes: 2 },
      loss: 'softmax-cross-entropy',
    });
    expect(nodes[0]).toEqual({
      name: 'image.standardized',
      op: 'standardize',
      inputs: ['image'],
      attributes: standardization,
    });
  });
});
