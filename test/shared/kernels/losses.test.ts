import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { noLabel, type Pointer } from '../../../shared/engine/kernels.ts';
import { engines, floats, integers, profiles, testValues } from './profiles.ts';

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 13 }),
  seed: fc.nat({ max: 1000 }),
});

/** All rows count alike. */
const plain = [0, noLabel] as const;

const labelsFor = (rows: number, columns: number, seed: number) =>
  Int32Array.from({ length: rows }, (_, row) => (row * 7 + seed) % columns);

/** Softmax of each row in f64. */
function plainSoftmax(logits: Float32Array, columns: number): Float64Array {
  return Float64Array.from(logits, (logit, at) => {
    const row = logits.subarray(at - (at % columns), at - (at % columns) + columns);
    return 1 / row.reduce((sum, other) => sum + Math.exp(other - logit), 0);
  });
}

function sumOf(engine: Engine, run: (sum: Pointer) => void): number {
  const sum = engine.allocate(8);
  run(sum);
  return engine.float64(sum, 1)[0] ?? NaN;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  for (let at = 0; at < expected.length; at++) {
    expect(Math.abs((found[at] ?? NaN) - (expected[at] ?? NaN))).toBeLessThanOrEqual(tolerance);
  }
}

describe.each(profiles)('losses and metrics, %s', (profile) => {
  const engine = engines[profile];
  const { kernels } = engine;

  it('agree with softmax and cross-entropy in f64', () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, seed }) => {
        const logits = testValues(rows * columns, seed).map((value) => value * 20);
        const labels = labelsFor(rows, columns, seed);
        const [x, l] = [floats(engine, logits), integers(engine, labels)];
        const [softmax, gradient] = [engine.allocate(4 * logits.length), engine.allocate(4 * logits.length)];
        kernels.softmax(softmax, x, rows, columns);
        const loss = sumOf(engine, (sum) =>
          kernels.softmaxCrossEntropy(sum, gradient, x, l, rows, columns, ...plain, 0),
        );
        const expected = plainSoftmax(logits, columns);
        const atLabel = (at: number) => at % columns === labels[Math.floor(at / columns)];
        const expectedLoss = expected.reduce((sum, p, at) => (atLabel(at) ? sum - Math.log(p) : sum), 0);
        expectClose(engine.float32(softmax, logits.length), expected, 2e-7);
        expectClose(
          engine.float32(gradient, logits.length),
          expected.map((p, at) => p - (atLabel(at) ? 1 : 0)),
          2e-7,
        );
        expect(Math.abs(loss - expectedLoss)).toBeLessThanOrEqual(1e-12 * rows * 40);
        expect(sumOf(engine, (sum) => kernels.softmaxCrossEntropy(sum, 0, x, l, rows, columns, ...plain, 0))).toBe(
          loss,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('stay finite for the largest logits, and let the gradient take their place', () => {
    const x = floats(engine, [3e38, -3e38, 0, 1000, 1000, -1000]);
    const loss = sumOf(engine, (sum) =>
      kernels.softmaxCrossEntropy(sum, x, x, integers(engine, [0, 1]), 2, 3, ...plain, 0),
    );
    expect(loss).toBeCloseTo(Math.LN2, 14);
    expect([...engine.float32(x, 6)]).toEqual([0, 0, 0, 0.5, -0.5, 0]);
  });

  it('carry a NaN among the logits into the loss', () => {
    const x = floats(engine, [1, 2, NaN, 3]);
    const loss = sumOf(engine, (sum) =>
      kernels.softmaxCrossEntropy(sum, 0, x, integers(engine, [0]), 1, 4, ...plain, 0),
    );
    expect(loss).toBeNaN();
  });

  it('smooth labels, leave ignored ones out and average over those of a sample, against plain loops', () => {
    const sizes = fc.record({
      samples: fc.integer({ min: 1, max: 4 }),
      positions: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 2, max: 13 }),
      smoothing: fc.constantFrom(0, 0.1, 0.6),
      isAverage: fc.boolean(),
      seed: fc.nat({ max: 1000 }),
    });
    fc.assert(
      fc.property(sizes, ({ samples, positions, columns, smoothing, isAverage, seed }) => {
        const rows = samples * positions;
        const logits = testValues(rows * columns, seed).map((value) => value * 20);
        // The first class stands for none.
        const labels = labelsFor(rows, columns, seed);
        const gradient = engine.allocate(4 * logits.length);
        const [x, l, group] = [floats(engine, logits), integers(engine, labels), isAverage ? positions : 0];
        const loss = sumOf(engine, (sum) =>
          kernels.softmaxCrossEntropy(sum, gradient, x, l, rows, columns, group, 0, smoothing),
        );
        const right = sumOf(engine, (sum) => kernels.accuracy(sum, x, l, rows, columns, group, 0));
        const probabilities = plainSoftmax(logits, columns);
        const countIn = (sample: number) =>
          labels.subarray(sample * positions, (sample + 1) * positions).filter((label) => label !== 0).length;
        let [expectedLoss, expectedRight] = [0, 0];
        const expectedGradient = probabilities.map((p, at) => {
          const row = Math.floor(at / columns);
          const label = labels[row];
          if (label === 0) return 0;
          const weight = isAverage ? 1 / countIn(Math.floor(row / positions)) : 1;
          const target = smoothing / columns + (at % columns === label ? 1 - smoothing : 0);
          expectedLoss -= weight * target * Math.log(p);
          const others = probabilities.subarray(row * columns, (row + 1) * columns);
          if (at % columns === label && others.indexOf(Math.max(...others)) === label) expectedRight += weight;
          return weight * (p - target);
        });
        expectClose(engine.float32(gradient, logits.length), expectedGradient, 3e-7);
        expect(Math.abs(loss - expectedLoss)).toBeLessThanOrEqual(1e-11 * (1 + rows * 40));
        expect(right).toBeCloseTo(expectedRight, 12);
      }),
      { numRuns: 100 },
    );
  });

  it('sum squared errors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 1000 }), (elements, seed) => {
        const [y, t] = [testValues(elements, seed), testValues(elements, seed + 1)];
        const [py, pt, gradient] = [floats(engine, y), floats(engine, t), engine.allocate(4 * elements)];
        const loss = sumOf(engine, (sum) => kernels.sumOfSquaredErrors(sum, gradient, py, pt, elements));
        const errors = y.map((value, at) => value - (t[at] ?? 0));
        expect(engine.float32(gradient, elements)).toEqual(errors);
        expect(loss).toBe(0.5 * Array.from(errors).reduce((sum, error) => sum + error * error, 0));
        expect(sumOf(engine, (sum) => kernels.sumOfSquaredErrors(sum, 0, py, pt, elements))).toBe(loss);
      }),
      { numRuns: 40 },
    );
  });

  it('count the rows whose first largest element stands at the label', () => {
    const x = floats(engine, [1, 3, 2, 5, 5, 0, 5, 5, 0, -1, -2, -3]);
    const count = (labels: readonly number[]) =>
      sumOf(engine, (sum) => kernels.accuracy(sum, x, integers(engine, labels), 4, 3, ...plain));
    expect(count([1, 0, 0, 0])).toBe(4);
    expect(count([1, 0, 1, 0])).toBe(3);
    expect(count([0, 1, 1, 2])).toBe(0);
  });

  it('count the rows whose label is among the first few, equals in their order', () => {
    const x = floats(engine, [1, 3, 2, 5, 5, 5, 0, -1, -2, 9, 8, 7]);
    const count = (labels: readonly number[], most: number) =>
      sumOf(engine, (sum) => kernels.topAccuracy(sum, x, integers(engine, labels), 4, 3, most, ...plain));
    expect(count([2, 1, 1, 1], 2)).toBe(4);
    expect(count([2, 2, 1, 1], 2)).toBe(3);
    expect(count([0, 2, 2, 2], 2)).toBe(0);
    const labels = [1, 0, 0, 0];
    expect(count(labels, 1)).toBe(
      sumOf(engine, (sum) => kernels.accuracy(sum, x, integers(engine, labels), 4, 3, ...plain)),
    );
    expect(count([0, 2, 2, 2], 3)).toBe(4);
    const averaged = sumOf(engine, (sum) => kernels.topAccuracy(sum, x, integers(engine, [1, 2, 1, 2]), 4, 3, 2, 2, 2));
    expect(averaged).toBe(2);
  });

  it('widen labels that lie at any address, and write them as rows', () => {
    const bytes = (engine.allocate(8) + 3) as Pointer;
    engine.bytes(bytes, 3).set([2, 0, 255]);
    const labels = engine.allocate(12);
    kernels.widenLabels(labels, bytes, 3);
    expect([...engine.int32(labels, 3)]).toEqual([2, 0, 255]);
    const rows = floats(engine, new Float32Array(6).fill(9));
    kernels.oneHot(rows, labels, 2, 3);
    expect([...engine.float32(rows, 6)]).toEqual([0, 0, 1, 1, 0, 0]);
  });
});
