import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engines, floats, profiles, testValues } from './profiles.ts';

const f = Math.fround;

interface Pooling {
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

const geometry = (p: Pooling) =>
  [
    p.samples,
    p.height,
    p.width,
    p.channels,
    p.windowHeight,
    p.windowWidth,
    p.strideY,
    p.strideX,
    p.padTop,
    p.padLeft,
    p.outputHeight,
    p.outputWidth,
  ] as const;

const between = (min: number, max: number) => fc.integer({ min, max });

/** Poolings in which every window meets the image, some of them over its border. */
const poolings = fc
  .record({
    samples: between(1, 2),
    height: between(1, 7),
    width: between(1, 7),
    channels: between(1, 9),
    windowHeight: between(1, 3),
    windowWidth: between(1, 3),
    strideY: between(1, 3),
    strideX: between(1, 3),
    top: between(0, 2),
    left: between(0, 2),
    seed: fc.nat({ max: 1000 }),
  })
  .map(({ top, left, ...sizes }) => {
    const padTop = Math.min(top, sizes.windowHeight - 1);
    const padLeft = Math.min(left, sizes.windowWidth - 1);
    return {
      ...sizes,
      padTop,
      padLeft,
      outputHeight: Math.ceil((sizes.height + padTop) / sizes.strideY),
      outputWidth: Math.ceil((sizes.width + padLeft) / sizes.strideX),
    };
  });

/** The flat input indices of each output element's window, row by row. */
function windows(p: Pooling): number[][] {
  const inside = (start: number, size: number, end: number) =>
    Array.from({ length: size }, (_, at) => start + at).filter((at) => at >= 0 && at < end);
  const all: number[][] = [];
  for (let sample = 0; sample < p.samples; sample++) {
    for (let y = 0; y < p.outputHeight; y++) {
      for (let x = 0; x < p.outputWidth; x++) {
        const rows = inside(y * p.strideY - p.padTop, p.windowHeight, p.height);
        const columns = inside(x * p.strideX - p.padLeft, p.windowWidth, p.width);
        for (let channel = 0; channel < p.channels; channel++) {
          const index = (row: number, column: number) =>
            ((sample * p.height + row) * p.width + column) * p.channels + channel;
          all.push(rows.flatMap((row) => columns.map((column) => index(row, column))));
        }
      }
    }
  }
  return all;
}

/** Values with many ties, so that the first of equals matters. */
const tiedValues = (elements: number, seed: number) => testValues(elements, seed).map((value) => Math.round(value * 2));

describe.each(profiles)('pooling, %s', (profile) => {
  const engine = engines[profile];
  const { kernels } = engine;

  it('takes the maximum and its first place, and sends gradients there', () => {
    fc.assert(
      fc.property(poolings, (p) => {
        const cells = windows(p);
        const inputs = p.samples * p.height * p.width * p.channels;
        const [x, g] = [tiedValues(inputs, p.seed), testValues(cells.length, p.seed)];
        const [output, argmax] = [engine.allocate(4 * cells.length), engine.allocate(4 * cells.length)];
        kernels.maxPool(output, argmax, floats(engine, x), ...geometry(p));
        const best = cells.map((window) => window.reduce((a, b) => ((x[b] ?? 0) > (x[a] ?? 0) ? b : a)));
        expect([...engine.int32(argmax, cells.length)]).toEqual(best);
        expect([...engine.float32(output, cells.length)]).toEqual(best.map((at) => x[at]));
        const gradient = floats(engine, new Float32Array(inputs).fill(9));
        kernels.maxPoolGradient(gradient, floats(engine, g), argmax, inputs, cells.length);
        const expected = new Float32Array(inputs);
        for (const [at, cell] of best.entries()) expected[cell] = (expected[cell] ?? 0) + (g[at] ?? 0);
        expect(engine.float32(gradient, inputs)).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  it('takes the mean of the cells in the image, and spreads gradients over them', () => {
    fc.assert(
      fc.property(poolings, (p) => {
        const cells = windows(p);
        const inputs = p.samples * p.height * p.width * p.channels;
        const [x, g] = [testValues(inputs, p.seed), testValues(cells.length, p.seed + 1)];
        const output = engine.allocate(4 * cells.length);
        kernels.averagePool(output, floats(engine, x), ...geometry(p));
        const sum = (window: readonly number[]) => window.reduce((total, at) => f(total + (x[at] ?? 0)), 0);
        const means = cells.map((window) => f(sum(window) * f(1 / window.length)));
        expect([...engine.float32(output, cells.length)]).toEqual(means);
        const gradient = floats(engine, new Float32Array(inputs).fill(9));
        kernels.averagePoolGradient(gradient, floats(engine, g), ...geometry(p));
        const expected = new Float32Array(inputs);
        for (const [at, window] of cells.entries()) {
          const part = f((g[at] ?? 0) * f(1 / window.length));
          for (const cell of window) expected[cell] = (expected[cell] ?? 0) + part;
        }
        expect(engine.float32(gradient, inputs)).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });
});

describe.each(profiles)('max pooling in the %s profile, of nothing but NaN', (profile) => {
  it('chooses no cell in any lane, so that no gradient goes astray', () => {
    const engine = engines[profile];
    const channels = 5;
    const input = floats(engine, new Float32Array(9 * channels).fill(Number.NaN));
    const output = engine.allocate(4 * channels);
    const argmax = engine.allocate(4 * channels);
    engine.kernels.maxPool(output, argmax, input, 1, 3, 3, channels, 3, 3, 3, 3, 0, 0, 1, 1);
    expect([...engine.int32(argmax, channels)]).toEqual([-1, -1, -1, -1, -1]);
  });
});
