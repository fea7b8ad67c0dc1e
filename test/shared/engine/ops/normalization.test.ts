// Layer norm and RMS norm: against their formulas in f64, against numerical differentiation, and row by row.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../shared/engine/model.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { layerNorm, rmsNorm } from '../../../../shared/model/layers/registered_layers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { checkLayersGradients } from '../small_models.ts';

const epsilon = 1e-5;

function normalize(row: readonly number[], isCentred: boolean): readonly number[] {
  const mean = isCentred ? row.reduce((sum, x) => sum + x, 0) / row.length : 0;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  return row.map((x) => (x - mean) / Math.sqrt(variance + epsilon));
}

const sizes = fc.record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 21 }) });

describe.each(profiles)('the kernel of normalization in the %s profile', (profile) => {
  const engine = engines[profile];

  it.each([true, false])('gives every row what its formula gives in f64 (centred: %s)', (isCentred) => {
    fc.assert(
      fc.property(sizes, ({ rows, columns }) => {
        const values = testValues(rows * columns, rows).map((x) => 5 * x + 2);
        const [gain, bias] = [testValues(columns, 3), isCentred ? testValues(columns, 4) : new Float32Array(columns)];
        const [output, normalized] = [engine.allocate(4 * values.length), engine.allocate(4 * values.length)];
        engine.kernels.normalizeRows(
          output,
          normalized,
          engine.allocate(4 * rows),
          floats(engine, values),
          floats(engine, gain),
          isCentred ? floats(engine, bias) : 0,
          rows,
          columns,
          epsilon,
          isCentred ? 1 : 0,
        );
        const found = engine.float32(output, values.length);
        for (let row = 0; row < rows; row++) {
          const given = [...values.subarray(row * columns, (row + 1) * columns)];
          normalize(given, isCentred).forEach((value, column) => {
            const expected = value * (gain[column] ?? 0) + (bias[column] ?? 0);
            expect(found[row * columns + column]).toBeCloseTo(expected, 5);
          });
        }
      }),
    );
  });
});

describe.each(profiles)('the kernels of normalization in the %s profile', (profile) => {
  const engine = engines[profile];
  const { kernels } = engine;

  it.each([true, false])('give a row the bits that it has alone (centred: %s)', (isCentred) => {
    const centred = isCentred ? 1 : 0;
    fc.assert(
      fc.property(sizes, ({ rows, columns }) => {
        const count = rows * columns;
        const [x, gradient] = [testValues(count, rows).map((value) => 5 * value + 2), testValues(count, 2)];
        const [gain, bias] = [floats(engine, testValues(columns, 3)), floats(engine, testValues(columns, 4))];
        const through = (values: Float32Array, given: Float32Array) => {
          const height = values.length / columns;
          const [output, normalized, back] = [1, 2, 3].map(() => engine.allocate(4 * values.length));
          const factors = engine.allocate(4 * height);
          if (output === undefined || normalized === undefined || back === undefined) throw new Error('no room');
          const input = floats(engine, values);
          kernels.normalizeRows(output, normalized, factors, input, gain, bias, height, columns, epsilon, centred);
          const of = floats(engine, given);
          kernels.normalizeRowsGradient(back, of, normalized, factors, gain, height, columns, centred);
          return [...engine.float32(output, values.length), ...engine.float32(back, values.length)];
        };
        const together = through(x, gradient);
        for (let row = 0; row < rows; row++) {
          const of = (values: ArrayLike<number>, first = 0) =>
            Float32Array.from({ length: columns }, (_, column) => values[first + row * columns + column] ?? Number.NaN);
          expect(through(of(x), of(gradient))).toEqual([...of(together), ...of(together, count)]);
        }
      }),
    );
  });
});

describe.each([
  ['layer norm', layerNorm()],
  ['layer norm with a large epsilon', layerNorm({ epsilon: 0.1 })],
  ['RMS norm', rmsNorm()],
] as const)('a model with %s', (_name, norm) => {
  it.each(profiles)('has gradients that agree with numerical differentiation in the %s profile', (profile) => {
    checkLayersGradients(profile, [norm], { tolerance: 5e-4 });
  });
});

describe.each(['layerNorm', 'rmsNorm'])('%s', (op) => {
  it('refuses parameters that do not fit, in words', () => {
    const builder = new GraphBuilder();
    const x = builder.input({ name: 'features', type: 'f32', shape: [2, 4] });
    const parameter = (name: string, length: number) =>
      builder.parameter(name, [length], { kind: 'constant', value: 1 });
    const parameters = [parameter('gain', 4), ...(op === 'layerNorm' ? [parameter('bias', 3)] : [])];
    const inputs = op === 'layerNorm' ? [x, ...parameters] : [x, parameter('short', 3)];
    const node = builder.node('normalized', op, inputs);
    const loss = builder.sumOfSquaredErrors('loss', node, x);
    expect(() => buildModel(builder.finish({ loss, prediction: node }))).toThrow(
      `node normalized (${op}): expected parameters [4] for x [2, 4], found parameter [3]`,
    );
  });
});
