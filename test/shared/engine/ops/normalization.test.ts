// Layer norm and RMS norm: against their formulas in f64, against numerical differentiation, and row by row.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import { buildModel } from '../../../../shared/engine/model.ts';
import { GraphBuilder } from '../../../../shared/model/builder.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import type { Layer } from '../../../../shared/model/layers/layer_registry.ts';
import { conv2d, dense, layerNorm, rmsNorm } from '../../../../shared/model/layers/registered_layers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

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

const models = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  hidden: fc.integer({ min: 2, max: 9 }),
  loss: fc.constantFrom('softmax-cross-entropy' as const, 'sum-of-squared-errors' as const),
});

describe.each([
  ['layer norm', layerNorm()],
  ['layer norm with a large epsilon', layerNorm({ epsilon: 0.1 })],
  ['RMS norm', rmsNorm()],
] as const)('a model with %s', (_name, norm) => {
  it.each(profiles)('has gradients that agree with numerical differentiation in the %s profile', (profile) => {
    fc.assert(
      fc.property(models, ({ count, hidden, loss }) => {
        const initializer = { kind: 'normal', standardDeviation: 0.6 } as const;
        const layers: readonly Layer[] = [
          conv2d({ filters: 5, kernelSize: 2, initializer }),
          norm,
          dense(hidden, { initializer }),
          norm,
          dense(3, { initializer }),
        ];
        const features = { name: 'features', type: 'f32', shape: [4, 4, 1] } as const;
        const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;
        const graph = graphFromLayers(layers, { features, labels, loss });
        const labelBytes = Uint8Array.from({ length: count }, (_, sample) => (sample + hidden) % 3);
        const samples = { count, fields: [bytesOf(testValues(count * 16, hidden)), labelBytes] };
        const results = checkGradients({ engine: engines[profile], graph, samples, seed: 3, mathematics });
        expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(0);
        for (const { name, worstRelativeError } of results) expect(worstRelativeError, name).toBeLessThan(5e-4);
      }),
      { numRuns: 20 },
    );
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
