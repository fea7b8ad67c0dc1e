import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../../shared/engine/generated/kernels.ts';
import { type Arena, expectSameBits, isBuilt, nativeKernels, variants } from './twins.ts';

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** One more choice: whether there is a bias, which epilogue, and so on. */
  readonly choice: number;
}

type Case = (kernels: Kernels, arena: Arena, sizes: Sizes) => void;

const packed = (kernels: Kernels, arena: Arena, { inner, columns }: Sizes) => {
  const pointer = arena.scratch(kernels.packedBytes(inner, columns));
  kernels.pack(pointer, arena.floats(inner * columns), inner, columns);
  return pointer;
};

const elementsOf = ({ rows, columns }: Sizes) => rows * columns;

/** output = f(`count` inputs), element by element; every other time in place. */
const elementwise = (name: keyof Kernels, count: number) => (kernels: Kernels, arena: Arena, sizes: Sizes) => {
  const elements = elementsOf(sizes);
  const inputs = Array.from({ length: count }, () => arena.floats(elements, [8, 100, 0.03][sizes.inner % 3]));
  const [first] = inputs;
  const isInPlace = sizes.choice % 2 === 0 && first !== undefined;
  const output = isInPlace ? arena.kept(first, elements) : arena.output(elements);
  const kernel = kernels[name] as (...given: readonly number[]) => void;
  kernel(output, ...inputs, elements);
};

/** A call of every native kernel, of sizes that are drawn. */
const cases: { readonly [Name in keyof Kernels]?: Case } = {
  pack: (kernels, arena, { inner, columns }) =>
    kernels.pack(arena.output(kernels.packedBytes(inner, columns) / 4), arena.floats(inner * columns), inner, columns),

  packTransposed: (kernels, arena, { inner, columns }) =>
    kernels.packTransposed(
      arena.output(kernels.packedBytes(inner, columns) / 4),
      arena.floats(inner * columns),
      inner,
      columns,
    ),

  matmul: (kernels, arena, sizes) => {
    const { rows, columns, inner, choice } = sizes;
    const [c, a] = [arena.output(rows * columns), arena.floats(rows * inner)];
    const bias = choice % 2 === 0 ? 0 : arena.floats(columns);
    kernels.matmul(c, a, packed(kernels, arena, sizes), rows, columns, inner, bias, choice >> 1);
  },

  matmulTransposed: (kernels, arena, sizes) => {
    const { rows, columns, inner } = sizes;
    const [c, a] = [arena.output(rows * columns), arena.floats(rows * inner)];
    const scratch = arena.scratch(kernels.scratchBytes(rows, columns, inner));
    kernels.matmulTransposed(c, a, packed(kernels, arena, sizes), rows, columns, inner, scratch);
  },

  matmulEach: (kernels, arena, { rows, columns, inner, choice }) => {
    const [c, a] = [arena.output(2 * rows * columns), arena.floats(2 * rows * inner)];
    const b = arena.floats(2 * inner * columns);
    const room = arena.scratch(kernels.packedBytes(inner, columns));
    const scratch = arena.scratch(kernels.scratchBytes(rows, columns, inner));
    kernels.matmulEach(c, a, b, room, scratch, 2, rows, columns, inner, choice % 2, choice >> 1);
  },

  add: elementwise('add', 2),
  multiply: elementwise('multiply', 2),
  relu: elementwise('relu', 1),
  reluGradient: elementwise('reluGradient', 2),
  sigmoidGradient: elementwise('sigmoidGradient', 2),
  tanhGradient: elementwise('tanhGradient', 2),
  gelu: elementwise('gelu', 1),
  geluGradient: elementwise('geluGradient', 2),

  exp: elementwise('exp', 1),
  tanh: elementwise('tanh', 1),
  sigmoid: elementwise('sigmoid', 1),
  silu: elementwise('silu', 1),
  siluGradient: elementwise('siluGradient', 2),

  softmax: (kernels, arena, { rows, columns, choice }) => {
    const logits = choice === 0 ? arena.floats(rows * columns, 9) : arena.finite(rows * columns, -9, 9);
    kernels.softmax(arena.output(rows * columns), logits, rows, columns);
  },

  softmaxCrossEntropy: (kernels, arena, { rows, columns, inner, choice }) => {
    const logits = inner % 4 === 0 ? arena.floats(rows * columns, 9) : arena.finite(rows * columns, -9, 9);
    const labels = arena.integers(rows, columns);
    const [group, ignored] = [choice === 0 ? 0 : rows, choice === 1 ? 0 : -1];
    const written = () => (inner % 2 === 0 ? arena.kept(logits, rows * columns) : arena.output(rows * columns));
    const gradient = choice === 2 ? 0 : written();
    const smoothing = inner % 3 === 0 ? 0.1 : 0;
    kernels.softmaxCrossEntropy(arena.output(2), gradient, logits, labels, rows, columns, group, ignored, smoothing);
  },

  normalizeRows: (kernels, arena, { rows, columns, choice }) => {
    const elements = rows * columns;
    const input = choice === 0 ? arena.floats(elements) : arena.finite(elements, -3, 5);
    const [output, normalized, factors] = [arena.output(elements), arena.output(elements), arena.output(rows)];
    const gain = arena.floats(columns);
    const bias = choice === 1 ? 0 : arena.floats(columns);
    kernels.normalizeRows(output, normalized, factors, input, gain, bias, rows, columns, 1e-5, choice % 2);
  },

  normalizeRowsGradient: (kernels, arena, { rows, columns, inner, choice }) => {
    const elements = rows * columns;
    const draw = (count: number) => (choice === 0 ? arena.floats(count) : arena.finite(count, -3, 5));
    const gradient = draw(elements);
    const output = inner % 2 === 0 ? arena.kept(gradient, elements) : arena.output(elements);
    const [normalized, factors, gain] = [draw(elements), draw(rows), draw(columns)];
    kernels.normalizeRowsGradient(output, gradient, normalized, factors, gain, rows, columns, choice % 2);
  },

  attention: (kernels, arena, sizes) => {
    const { q, k, v, rotary, elements, scratch, counts } = attentionOf(kernels, arena, sizes);
    const statistics = arena.output((2 * elements.q) / counts[4]);
    kernels.attention(arena.output(elements.q), statistics, q, k, v, rotary, scratch, ...counts);
  },

  attentionGradient: (kernels, arena, sizes) => {
    const { q, k, v, rotary, elements, scratch, counts } = attentionOf(kernels, arena, sizes);
    const wanted = (count: number, isWanted: boolean) => (isWanted ? arena.output(count) : 0);
    const gradients = [
      wanted(elements.q, sizes.choice !== 1),
      wanted(elements.k, sizes.choice !== 2),
      wanted(elements.k, sizes.choice !== 3),
    ] as const;
    const output = sizes.inner % 5 === 0 ? arena.floats(elements.q) : arena.finite(elements.q, -1, 1);
    const statistics = arena.finite((2 * elements.q) / counts[4], 0.1, 0.4);
    kernels.attentionGradient(...gradients, output, statistics, q, k, v, rotary, scratch, ...counts);
  },

  scale: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    kernels.scale(arena.output(elements), arena.floats(elements), elements, 0.3, -0.7);
  },

  scaleBytes: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const bytes = (arena.integers(elements, 2 ** 24) + sizes.choice) as ReturnType<Arena['floats']>;
    kernels.scaleBytes(arena.output(elements), bytes, elements - 3, 1 / 255, -0.5);
  },

  addBias: (kernels, arena, { rows, columns, choice }) => {
    const output = arena.output(rows * columns);
    kernels.addBias(output, arena.floats(rows * columns), arena.floats(columns), rows, columns, choice % 2);
  },

  sumRows: (kernels, arena, { rows, columns }) =>
    kernels.sumRows(arena.output(3 * columns), arena.floats(rows * 3 * columns), rows, 3 * columns),

  allFinite: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const input = sizes.choice === 0 ? arena.finite(elements, -1, 1) : arena.floats(elements);
    arena.result(kernels.allFinite(input, elements));
  },

  sgd: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const draw = () => (sizes.rows % 2 === 0 ? arena.floats(elements) : arena.finite(elements, -1, 1));
    const [parameters, sum] = [arena.kept(draw(), elements), draw()];
    const velocity = sizes.choice === 0 ? 0 : arena.kept(draw(), elements);
    const decay = sizes.columns % 2 === 0 ? 0 : 0.01;
    arena.result(kernels.sgd(parameters, sum, velocity, elements, 0.25, 0.1, 0.9, sizes.choice % 2, decay));
  },

  adam: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const draw = (low: number) => (sizes.rows % 2 === 0 ? arena.floats(elements) : arena.finite(elements, low, 1));
    const [parameters, sum] = [arena.kept(draw(-1), elements), draw(-1)];
    const [first, second] = [arena.kept(draw(-1), elements), arena.kept(draw(0), elements)];
    const decay = sizes.columns % 2 === 0 ? 0 : 0.01;
    const [rate, epsilon, decoupled, step] = [0.001, 1e-8, sizes.choice % 2, 1 + sizes.inner];
    arena.result(
      kernels.adam(parameters, sum, first, second, elements, 0.25, rate, 0.9, 0.999, epsilon, decay, decoupled, step),
    );
  },

  adaGrad: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const draw = (low: number) => (sizes.rows % 2 === 0 ? arena.floats(elements) : arena.finite(elements, low, 1));
    const [parameters, sum, squares] = [arena.kept(draw(-1), elements), draw(-1), arena.kept(draw(0), elements)];
    const decay = sizes.columns % 2 === 0 ? 0 : 0.01;
    arena.result(kernels.adaGrad(parameters, sum, squares, elements, 0.25, 0.1, 1e-8, decay));
  },

  rmsProp: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const draw = (low: number) => (sizes.rows % 2 === 0 ? arena.floats(elements) : arena.finite(elements, low, 1));
    const [parameters, sum, squares] = [arena.kept(draw(-1), elements), draw(-1), arena.kept(draw(0), elements)];
    const mean = sizes.choice % 2 === 0 ? 0 : arena.kept(draw(-1), elements);
    const velocity = sizes.choice >> 1 === 0 ? 0 : arena.kept(draw(-1), elements);
    const decay = sizes.columns % 2 === 0 ? 0 : 0.01;
    const rates = [0.25, 0.01, 0.99, 1e-8, 0.9, decay] as const;
    arena.result(kernels.rmsProp(parameters, sum, squares, mean, velocity, elements, ...rates));
  },

  clipNorm: (kernels, arena, sizes) => {
    const elements = elementsOf(sizes);
    const gradient = sizes.inner % 4 === 0 ? arena.floats(elements) : arena.finite(elements, -1, 1);
    kernels.clipNorm(arena.kept(gradient, elements), elements, 0.25, 2 ** (sizes.choice - 2));
  },

  conv2d: (kernels, arena, sizes) => {
    const window = windowOf(sizes);
    const [samples, height, width, channels, kernelHeight, kernelWidth, rows, columns, filters] = window;
    const output = arena.output(samples * rows * columns * filters);
    const padded = arena.floats(samples * height * width * channels);
    const inner = kernelHeight * kernelWidth * channels;
    const weights = packed(kernels, arena, { ...sizes, inner, columns: filters });
    const bias = sizes.choice % 2 === 0 ? 0 : arena.floats(filters);
    kernels.conv2d(output, padded, weights, bias, sizes.choice >> 1, ...window);
  },

  conv2dFilterGradient: (kernels, arena, sizes) => {
    const window = windowOf(sizes);
    const [samples, height, width, channels, kernelHeight, kernelWidth, rows, columns, filters] = window;
    const inner = kernelHeight * kernelWidth * channels;
    const gradient = arena.output(inner * filters);
    const padded = arena.floats(samples * height * width * channels);
    const outputs = arena.floats(samples * rows * columns * filters);
    const scratch = arena.scratch(kernels.scratchBytes(rows * columns, filters, inner));
    kernels.conv2dFilterGradient(gradient, padded, outputs, scratch, ...window);
  },

  packRotated: (kernels, arena, { rows, columns, choice }) => {
    const [height, width] = [1 + (choice & 1), 1 + (choice >> 1)];
    const output = arena.output(kernels.packedBytes(height * width * rows, columns) / 4);
    kernels.packRotated(output, arena.floats(height * width * rows * columns), height, width, columns, rows);
  },

  pad: (kernels, arena, { rows, columns, inner, choice }) => {
    const [samples, height, width, channels] = [2, 1 + (rows % 7), 1 + (columns % 9), 1 + (inner % 5)];
    const [strideY, strideX] = [1 + (choice & 1), 1 + (choice >> 1)];
    const [top, left] = [(rows % 5) - 2, (columns % 7) - 3];
    const [paddedHeight, paddedWidth] = [1 + (inner % 11), 1 + (columns % 13)];
    const output = arena.output(samples * paddedHeight * paddedWidth * channels);
    const input = arena.floats(samples * height * width * channels);
    const frame = [top, left, strideY, strideX, paddedHeight, paddedWidth] as const;
    kernels.pad(output, input, samples, height, width, channels, ...frame);
  },
};

/** Operands of attention: up to two blocks of queries, heads that share keys, turned or not. */
function attentionOf(kernels: Kernels, arena: Arena, { rows, columns, inner, choice }: Sizes) {
  const [samples, positions, group, keyValueHeads] = [
    1 + (inner % 2),
    columns + rows,
    1 + (choice >> 1),
    1 + (choice & 1),
  ];
  const size = 2 * (1 + (inner % 13));
  const heads = group * keyValueHeads;
  const elements = { q: samples * positions * heads * size, k: samples * positions * keyValueHeads * size };
  const draw = (count: number, range: number) =>
    inner % 3 === 0 ? arena.floats(count, range) : arena.finite(count, -range, range);
  return {
    q: draw(elements.q, 3),
    k: draw(elements.k, 3),
    v: draw(elements.k, 1),
    rotary: rows % 2 === 0 ? (0 as const) : arena.finite(positions * size, -1, 1),
    scratch: arena.scratch(kernels.attentionScratchBytes(positions, size)),
    elements,
    counts: [samples, positions, heads, keyValueHeads, size, columns % 4 === 0 ? 0 : 1] as const,
  };
}

/** The last arguments of kernels that convolve. */
function windowOf({ rows, columns, inner, choice }: Sizes) {
  const [kernelHeight, kernelWidth] = [1 + (rows % 3), 1 + (inner % 5)];
  const [outputHeight, outputWidth] = [1 + (inner % 4), 1 + (rows % 6)];
  const [strideY, strideX] = [1 + (choice & 1), 1 + (choice >> 1)];
  const height = (outputHeight - 1) * strideY + kernelHeight;
  const width = (outputWidth - 1) * strideX + kernelWidth;
  const channels = 1 + (rows % 4);
  const image = [2, height, width, channels] as const;
  return [...image, kernelHeight, kernelWidth, outputHeight, outputWidth, columns, strideY, strideX] as const;
}

/** Of each kernel, instruction set and profile. */
const numRuns = 50;

const arbitrarySizes = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 70 }),
  inner: fc.integer({ min: 1, max: 40 }),
  choice: fc.nat({ max: 3 }),
});

it('the build makes native kernels wherever there is a C compiler', () => {
  const hasCompiler = spawnSync('cc', ['--version']).status === 0;
  expect(isBuilt || !hasCompiler).toBe(true);
});

describe.each(variants)('native kernels, %s in the %s profile', (set, profile) => {
  const native = nativeKernels(set, profile);

  it('are all held to their WebAssembly twins here', () => {
    expect(Object.keys(native).sort()).toEqual(Object.keys(cases).sort());
  });

  it.each(Object.entries(cases))('%s leaves the bits of its twin', (_, call) => {
    fc.assert(
      fc.property(arbitrarySizes, fc.nat({ max: 1_000 }), (sizes, seed) => {
        expectSameBits(native, profile, seed, (kernels, arena) => call(kernels, arena, sizes));
      }),
      { numRuns },
    );
  });

  it.each([
    ['matmul', 13, 2_100],
    ['matmulTransposed', 13, 2_100],
    ['matmulTransposed', 110, 1_100],
  ] as const)('%s keeps the chain whole, of %i rows and k up to %i', (name, rows, inner) => {
    const sizes = { rows, columns: 45, inner, choice: 3 };
    expectSameBits(native, profile, 1, (kernels, arena) => cases[name]?.(kernels, arena, sizes));
  });
});
