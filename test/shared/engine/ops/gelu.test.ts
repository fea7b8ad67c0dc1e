import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGradients } from '../../../../shared/engine/gradient_check.ts';
import { Replica } from '../../../../shared/engine/replica.ts';
import { graphFromLayers } from '../../../../shared/model/graph_from_layers.ts';
import { conv2d, dense, gelu, maxPool } from '../../../../shared/model/layers/registered_layers.ts';
import { engines, floats, profiles, testValues } from '../../kernels/profiles.ts';
import { bytesOf, mathematics } from '../small_models.ts';

/** GELU's tanh form as its authors write it, in f64. */
const truth = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Its slope, from the derivative of that formula. */
function slope(x: number): number {
  const t = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
}

/** Beyond −3, where 1 + tanh cancels even in f64, the formulas above are no truth. */
const inputs = testValues(5000, 7).map((x) => (x > 0 ? 20 : 3) * x);

const relative = (found: number, expected: number) => Math.abs(found - expected) / Math.max(Math.abs(expected), 1e-30);

describe.each(profiles)('the GELU kernels in the %s profile', (profile) => {
  const engine = engines[profile];
  const run = (values: ArrayLike<number>) => {
    const output = engine.allocate(4 * values.length);
    engine.kernels.gelu(output, floats(engine, values), values.length);
    return engine.float32(output, values.length).slice();
  };

  it('agree with the formula in f64 to the rounding of f32', () => {
    run(inputs).forEach((value, at) => {
      const expected = truth(inputs[at] ?? 0);
      expect(relative(value, expected), `at ${inputs[at]}`).toBeLessThan(6.1e-8);
    });
  });

  it('give a gradient that agrees with the formula’s derivative, written over its input or not', () => {
    const gradients = testValues(inputs.length, 8);
    const [x, given] = [floats(engine, inputs), floats(engine, gradients)];
    const apart = engine.allocate(4 * inputs.length);
    engine.kernels.geluGradient(apart, given, x, inputs.length);
    const result = engine.float32(apart, inputs.length).slice();
    result.forEach((value, at) => {
      const expected = (gradients[at] ?? 0) * slope(inputs[at] ?? 0);
      // Near its minimum the slope crosses zero: an absolute bound.
      expect(Math.abs(value - expected), `at ${inputs[at]}`).toBeLessThan(1.3e-7);
    });
    engine.kernels.geluGradient(given, given, x, inputs.length);
    expect(engine.float32(given, inputs.length)).toEqual(result);
  });

  it('stay finite and go to 0 and x far out', () => {
    expect([...run([-3e38, -100, -0, 0, 100, 3e38])]).toEqual([-0, -0, -0, 0, 100, Math.fround(3e38)]);
  });
});

it('GELU has the same bits in both profiles', () => {
  const [portable, fused] = profiles.map((profile) => {
    const engine = engines[profile];
    const output = engine.allocate(4 * inputs.length);
    engine.kernels.gelu(output, floats(engine, inputs), inputs.length);
    return engine.float32(output, inputs.length).slice();
  });
  expect(fused).toEqual(portable);
});

const models = fc.record({
  count: fc.integer({ min: 1, max: 7 }),
  hidden: fc.integer({ min: 1, max: 9 }),
  loss: fc.constantFrom('softmax-cross-entropy' as const, 'sum-of-squared-errors' as const),
});

describe.each(profiles)('a model with GELU in the %s profile', (profile) => {
  it('has gradients that agree with numerical differentiation', () => {
    fc.assert(
      fc.property(models, ({ count, hidden, loss }) => {
        const initializer = { kind: 'normal', standardDeviation: 0.6 } as const;
        const layers = [
          conv2d({ filters: 3, kernelSize: 2, initializer }),
          gelu(),
          maxPool(2, { stride: 1 }),
          dense(hidden, { initializer }),
          gelu(),
          dense(3, { initializer }),
        ];
        const features = { name: 'features', type: 'f32', shape: [4, 4, 1] } as const;
        const labels = { name: 'labels', type: 'u8', shape: [], classes: 3 } as const;
        const graph = graphFromLayers(layers, { features, labels, loss });
        const labelBytes = Uint8Array.from({ length: count }, (_, sample) => (sample + hidden) % 3);
        const fields = [bytesOf(testValues(count * 16, hidden)), labelBytes];
        const samples = { count, fields };
        const results = checkGradients({ engine: engines[profile], graph, samples, seed: 3, mathematics, step: 1e-4 });
        expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(0);
        for (const { name, worstRelativeError } of results) expect(worstRelativeError, name).toBeLessThan(2e-4);
      }),
      { numRuns: 25 },
    );
  });

  it('predicts by the formula', () => {
    const engine = engines[profile];
    const features = { name: 'features', type: 'f32', shape: [5] } as const;
    const labels = { name: 'labels', type: 'f32', shape: [5] } as const;
    const identity = dense(5, { initializer: { kind: 'constant', value: 0.25 } });
    const graph = graphFromLayers([identity, gelu()], { features, labels, loss: 'sum-of-squared-errors' });
    const replica = Replica.create(engine, graph, { microbatchSize: 2 });
    replica.initialize(1);
    const values = testValues(10, 4);
    const predicted = replica.predict({ count: 2, fields: [bytesOf(values)] });
    predicted.forEach((value, at) => {
      const first = at < 5 ? 0 : 5;
      const sum = values.subarray(first, first + 5).reduce((before, x) => before + x / 4, 0);
      expect(value).toBeCloseTo(truth(sum), 6);
    });
  });
});
