import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { epilogueCodes } from '../../../shared/engine/kernels.ts';
import { engines, floats, profiles, testValues } from './profiles.ts';

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 30 }),
  columns: fc.integer({ min: 1, max: 30 }),
  inner: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat({ max: 1000 }),
});

/** The plain-loop twin: one chain over k from 0 upwards, each product and each sum rounded to f32. */
function plainProduct(a: Float32Array, b: Float32Array, rows: number, columns: number, inner: number): Float32Array {
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum = Math.fround(sum + Math.fround((a[row * inner + k] ?? 0) * (b[k * columns + column] ?? 0)));
      }
      product[row * columns + column] = sum;
    }
  }
  return product;
}

const transpose = (values: Float32Array, rows: number, columns: number) =>
  Float32Array.from({ length: values.length }, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] ?? 0);

function packed(engine: Engine, b: Float32Array, inner: number, columns: number) {
  const pointer = engine.allocate(engine.kernels.packedBytes(inner, columns));
  engine.kernels.pack(pointer, floats(engine, b), inner, columns);
  return pointer;
}

function product(engine: Engine, a: Float32Array, b: Float32Array, rows: number, columns: number, inner: number) {
  const c = engine.allocate(4 * rows * columns);
  const packedB = packed(engine, b, inner, columns);
  engine.kernels.matmul(c, floats(engine, a), packedB, rows, columns, inner, 0, epilogueCodes.none);
  return engine.float32(c, rows * columns).slice();
}

describe('matmul in the portable profile', () => {
  it('gives the bits of one rounded chain over k', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        expect(product(engines.portable, a, b, rows, columns, inner)).toEqual(plainProduct(a, b, rows, columns, inner));
      }),
    );
  });

  it('keeps the chain whole when k is longer than a block', () => {
    const [rows, columns, inner] = [5, 11, 2_100];
    const [a, b] = [testValues(rows * inner, 1), testValues(inner * columns, 2)];
    expect(product(engines.portable, a, b, rows, columns, inner)).toEqual(plainProduct(a, b, rows, columns, inner));
  });

  it('gives the same bits when rows pass in several blocks', () => {
    const [rows, columns, inner] = [261, 9, 520];
    const [a, b] = [testValues(rows * inner, 1), testValues(inner * columns, 2)];
    expect(product(engines.portable, a, b, rows, columns, inner)).toEqual(plainProduct(a, b, rows, columns, inner));
  });

  it('gives a weight gradient the bits of one chain over the samples', () => {
    const long = { rows: 18, columns: 11, inner: 600, seed: 6 };
    const transposedSizes = fc.oneof(
      sizes,
      fc.constant({ rows: 256, columns: 12, inner: 9, seed: 5 }),
      fc.constant(long),
    );
    fc.assert(
      fc.property(transposedSizes, ({ rows, columns, inner, seed }) => {
        const engine = engines.portable;
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const c = engine.allocate(4 * rows * columns);
        const scratch = engine.allocate(engine.kernels.scratchBytes(rows, columns, inner));
        const aTransposed = floats(engine, transpose(a, rows, inner));
        engine.kernels.matmulTransposed(
          c,
          aTransposed,
          packed(engine, b, inner, columns),
          rows,
          columns,
          inner,
          scratch,
        );
        expect(engine.float32(c, rows * columns).slice()).toEqual(plainProduct(a, b, rows, columns, inner));
      }),
    );
  });
});

describe.each(profiles)('matmul in the %s profile', (profile) => {
  const engine = engines[profile];

  it('stays near the exact product', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const found = product(engine, a, b, rows, columns, inner);
        found.forEach((value, at) => {
          let exact = 0;
          for (let k = 0; k < inner; k++) {
            exact += (a[Math.floor(at / columns) * inner + k] ?? 0) * (b[k * columns + (at % columns)] ?? 0);
          }
          expect(Math.abs(value - exact)).toBeLessThan(inner * 2 ** -23);
        });
      }),
    );
  });

  it('gives each element the same bits in every tile: alone, at an edge or inside', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const whole = product(engine, a, b, rows, columns, inner);
        const row = seed % rows;
        const column = seed % columns;
        const alone = product(
          engine,
          a.slice(row * inner, (row + 1) * inner),
          Float32Array.from({ length: inner }, (_, k) => b[k * columns + column] ?? 0),
          1,
          1,
          inner,
        );
        expect(alone[0]).toBe(whole[row * columns + column]);
      }),
    );
  });

  it('gives the transposed products the bits of the plain one', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const whole = product(engine, a, b, rows, columns, inner);
        const c = engine.allocate(4 * rows * columns);
        const packedB = engine.allocate(engine.kernels.packedBytes(inner, columns));
        engine.kernels.packTransposed(packedB, floats(engine, transpose(b, inner, columns)), inner, columns);
        engine.kernels.matmul(c, floats(engine, a), packedB, rows, columns, inner, 0, epilogueCodes.none);
        expect(engine.float32(c, rows * columns).slice()).toEqual(whole);
        const scratch = engine.allocate(engine.kernels.scratchBytes(rows, columns, inner));
        const aTransposed = floats(engine, transpose(a, rows, inner));
        engine.kernels.matmulTransposed(c, aTransposed, packedB, rows, columns, inner, scratch);
        expect(engine.float32(c, rows * columns).slice()).toEqual(whole);
      }),
    );
  });

  it('adds the bias and applies ReLU as it writes', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const bias = testValues(columns, seed + 2);
        const plain = product(engine, a, b, rows, columns, inner);
        const c = engine.allocate(4 * rows * columns);
        const packedB = packed(engine, b, inner, columns);
        const biasPointer = floats(engine, bias);
        engine.kernels.matmul(c, floats(engine, a), packedB, rows, columns, inner, biasPointer, epilogueCodes.relu);
        const expected = plain.map((value, at) => Math.max(0, Math.fround(value + (bias[at % columns] ?? 0))));
        expect(engine.float32(c, rows * columns).slice()).toEqual(expected);
      }),
    );
  });

  it('writes nothing outside C', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner, seed }) => {
        const [a, b] = [testValues(rows * inner, seed), testValues(inner * columns, seed + 1)];
        const around = 16;
        const frame = engine.allocate(4 * (rows * columns + 2 * around));
        engine.float32(frame, rows * columns + 2 * around).fill(7);
        const c = (frame + 4 * around) as typeof frame;
        const packedB = packed(engine, b, inner, columns);
        engine.kernels.matmul(c, floats(engine, a), packedB, rows, columns, inner, 0, epilogueCodes.none);
        const whole = engine.float32(frame, rows * columns + 2 * around);
        const outside = [...whole.slice(0, around), ...whole.slice(-around)];
        expect(new Set(outside)).toEqual(new Set([7]));
      }),
    );
  });
});
