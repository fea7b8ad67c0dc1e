import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { epilogueCodes, type Pointer } from '../../../shared/engine/kernels.ts';
import { engines, floats, profiles, testValues } from './profiles.ts';

const f = Math.fround;

/** Lengths around the kernels' strides of 4, 8 and 16 elements. */
const elementCounts = fc.integer({ min: 1, max: 70 });

/** Runs a kernel into a buffer whose next element is a sentinel, and checks that it stands. */
function output(engine: Engine, elements: number, run: (output: Pointer) => void): Float32Array {
  const pointer = floats(engine, new Float32Array(elements + 1).fill(12_345));
  run(pointer);
  expect(engine.float32(pointer, elements + 1)[elements]).toBe(12_345);
  return engine.float32(pointer, elements).slice();
}

const zip = (left: Float32Array, right: Float32Array, combine: (l: number, r: number) => number) =>
  left.map((value, at) => combine(value, right[at] ?? 0));

describe.each(profiles)('elementwise kernels, %s', (profile) => {
  const engine = engines[profile];
  const { kernels } = engine;

  it('give the bits of plain loops at every length', () => {
    fc.assert(
      fc.property(elementCounts, fc.nat({ max: 1000 }), (n, seed) => {
        const [x, y] = [testValues(n, seed), testValues(n, seed + 1)];
        const [px, py] = [floats(engine, x), floats(engine, y)];
        const [by, plus] = [f(0.3), f(-0.7)];
        const run = (kernel: (output: Pointer) => void) => output(engine, n, kernel);
        expect(run((o) => kernels.fill(o, n, by))).toEqual(new Float32Array(n).fill(by));
        expect(run((o) => kernels.copy(o, px, n))).toEqual(x);
        expect(run((o) => kernels.add(o, px, py, n))).toEqual(zip(x, y, (l, r) => l + r));
        expect(run((o) => kernels.scale(o, px, n, by, plus))).toEqual(x.map((v) => f(v * by) + plus));
        expect(run((o) => kernels.relu(o, px, n))).toEqual(x.map((v) => (v < 0 ? 0 : v)));
        expect(run((o) => kernels.reluGradient(o, px, py, n))).toEqual(zip(x, y, (g, v) => (v > 0 ? g : 0)));
        expect(run((o) => kernels.sigmoidGradient(o, px, py, n))).toEqual(zip(x, y, (g, v) => g * f(v * f(1 - v))));
        expect(run((o) => kernels.tanhGradient(o, px, py, n))).toEqual(zip(x, y, (g, v) => g * f(1 - f(v * v))));
      }),
      { numRuns: 40 },
    );
  });

  it('scale bytes that lie at any address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat({ max: 7 }), (bytes, shift) => {
        const pointer = (engine.allocate(bytes.length + shift) + shift) as Pointer;
        engine.bytes(pointer, bytes.length).set(bytes);
        const [by, plus] = [f(1 / 255), f(-0.5)];
        const scaled = output(engine, bytes.length, (o) => kernels.scaleBytes(o, pointer, bytes.length, by, plus));
        expect(scaled).toEqual(Float32Array.from(bytes, (value) => f(value * by) + plus));
      }),
      { numRuns: 40 },
    );
  });

  it('add biases and sum rows from the first to the last', () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }), fc.nat({ max: 1000 }));
    fc.assert(
      fc.property(shape, ([rows, columns, seed]) => {
        const [x, bias] = [testValues(rows * columns, seed), testValues(columns, seed + 1)];
        const [px, pb] = [floats(engine, x), floats(engine, bias)];
        const shifted = x.map((value, at) => value + (bias[at % columns] ?? 0));
        const run = (epilogue: number) =>
          output(engine, rows * columns, (o) => kernels.addBias(o, px, pb, rows, columns, epilogue));
        expect(run(epilogueCodes.none)).toEqual(shifted);
        expect(run(epilogueCodes.relu)).toEqual(shifted.map((value) => (value < 0 ? 0 : value)));
        const sums = new Float32Array(columns);
        for (const [at, value] of x.entries()) sums[at % columns] = (sums[at % columns] ?? 0) + value;
        expect(output(engine, columns, (o) => kernels.sumRows(o, px, rows, columns))).toEqual(sums);
      }),
      { numRuns: 40 },
    );
  });

  it('may write over their input', () => {
    const x = testValues(23, 5);
    const pointer = floats(engine, x);
    kernels.add(pointer, pointer, pointer, 23);
    expect(engine.float32(pointer, 23)).toEqual(x.map((value) => value + value));
    kernels.relu(pointer, pointer, 23);
    expect(engine.float32(pointer, 23)).toEqual(x.map((value) => Math.max(0, value + value)));
  });

  it('let no NaN through a ReLU unseen', () => {
    const nans = new Float32Array(6).fill(NaN);
    expect(output(engine, 6, (o) => kernels.relu(o, floats(engine, nans), 6))).toEqual(nans);
  });

  it('find an infinity or a NaN at every place', () => {
    for (const elements of [1, 3, 4, 5, 16, 23]) {
      const values = testValues(elements, elements);
      const pointer = floats(engine, values);
      expect(kernels.allFinite(pointer, elements)).toBe(1);
      for (let at = 0; at < elements; at++) {
        for (const bad of [Infinity, -Infinity, NaN]) {
          engine.float32(pointer, elements)[at] = bad;
          expect(kernels.allFinite(pointer, elements)).toBe(0);
        }
        engine.float32(pointer, elements)[at] = 3.4e38;
      }
      expect(kernels.allFinite(pointer, elements)).toBe(1);
    }
  });
});

describe.each(profiles)('sgd, %s', (profile) => {
  const engine = engines[profile];
  const options = fc.record({
    elements: elementCounts,
    withVelocity: fc.boolean(),
    nesterov: fc.boolean(),
    weightDecay: fc.constantFrom(0, f(0.01)),
    seed: fc.nat({ max: 1000 }),
  });

  it('gives the bits of its formula at every length', () => {
    fc.assert(
      fc.property(options, ({ elements, withVelocity, nesterov, weightDecay, seed }) => {
        const [scale, rate, momentum] = [f(0.01), f(0.1), f(0.9)];
        const [p, g, v] = [seed, seed + 1, seed + 2].map((s) => testValues(elements, s)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const [pp, pg, pv] = [floats(engine, p), floats(engine, g), floats(engine, v)];
        const flag = nesterov ? 1 : 0;
        const velocity = withVelocity ? pv : 0;
        engine.kernels.sgd(pp, pg, velocity, elements, scale, rate, momentum, flag, weightDecay);
        const gradient = g.map((x, at) => f(x * scale) + f(weightDecay * (p[at] ?? 0)));
        const moved = gradient.map((x, at) => f(momentum * (v[at] ?? 0)) + x);
        const nesterovStep = gradient.map((x, at) => x + f(momentum * (moved[at] ?? 0)));
        const step = withVelocity ? (nesterov ? nesterovStep : moved) : gradient;
        expect(engine.float32(pp, elements)).toEqual(p.map((x, at) => x - f(rate * (step[at] ?? 0))));
        expect(engine.float32(pv, elements)).toEqual(withVelocity ? moved : v);
      }),
      { numRuns: 60 },
    );
  });

  const step = (p: Float32Array, g: Float32Array, v: Float32Array) => {
    const [pp, pg, pv] = [floats(engine, p), floats(engine, g), floats(engine, v)];
    const finite = engine.kernels.sgd(pp, pg, pv, p.length, 1, f(0.1), f(0.9), 0, 0);
    return { finite, velocity: engine.float32(pv, p.length).slice() };
  };

  it('lets a velocity without a gradient end at 0, not at a slow subnormal number', () => {
    const [zeros, tiny] = [new Float32Array(7), 2 ** -100];
    const start = Float32Array.of(1, -1, tiny / 0.9, -tiny / 2, 0, 2 * tiny, -2 * tiny);
    const { velocity } = step(zeros, zeros, start);
    const kept = start.map((v) => (Math.abs(f(f(0.9) * v)) < tiny ? 0 : f(0.9) * v));
    expect(velocity).toEqual(kept);
    expect([...velocity].filter((v) => v === 0)).toHaveLength(2);
  });

  it('tells whether the parameters are finite, wherever one is not', () => {
    for (const elements of [1, 3, 4, 5, 16, 23]) {
      const [p, zeros] = [testValues(elements, elements), new Float32Array(elements)];
      expect(step(p, zeros, zeros).finite).toBe(1);
      for (let at = 0; at < elements; at++) {
        for (const bad of [Infinity, -Infinity, NaN]) {
          expect(step(p.with(at, bad), zeros, zeros).finite).toBe(0);
          expect(step(p, zeros.with(at, bad), zeros).finite).toBe(0);
          expect(step(p, zeros, zeros.with(at, bad)).finite).toBe(0);
        }
      }
    }
  });
});
