import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../shared/engine/engine.ts';
import { epilogueCodes } from '../../../shared/engine/kernels.ts';
import { engines, floats, profiles, testValues } from './profiles.ts';

interface Geometry {
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly filters: number;
  readonly strideY: number;
  readonly strideX: number;
}

/** Random geometries; height and width are the padded input's, at least what the outputs reach. */
const geometries: fc.Arbitrary<Geometry> = fc
  .record({
    samples: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 9 }),
    kernelHeight: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 5 }),
    outputHeight: fc.integer({ min: 1, max: 5 }),
    outputWidth: fc.integer({ min: 1, max: 7 }),
    filters: fc.integer({ min: 1, max: 17 }),
    strideY: fc.integer({ min: 1, max: 3 }),
    strideX: fc.integer({ min: 1, max: 3 }),
    spare: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ spare, ...rest }) => ({
    ...rest,
    height: (rest.outputHeight - 1) * rest.strideY + rest.kernelHeight + spare,
    width: (rest.outputWidth - 1) * rest.strideX + rest.kernelWidth + spare,
  }));

const argumentsOf = (g: Geometry) =>
  [
    g.samples,
    g.height,
    g.width,
    g.channels,
    g.kernelHeight,
    g.kernelWidth,
    g.outputHeight,
    g.outputWidth,
    g.filters,
    g.strideY,
    g.strideX,
  ] as const;

const inputElements = (g: Geometry) => g.samples * g.height * g.width * g.channels;
const outputElements = (g: Geometry) => g.samples * g.outputHeight * g.outputWidth * g.filters;
const innerOf = (g: Geometry) => g.kernelHeight * g.kernelWidth * g.channels;

/** Calls back for every product of the convolution: output, input and filter element, in the stated order. */
function eachProduct(g: Geometry, visit: (output: number, input: number, filter: number) => void): void {
  for (let sample = 0; sample < g.samples; sample++)
    for (let y = 0; y < g.outputHeight; y++)
      for (let x = 0; x < g.outputWidth; x++)
        for (let kernelY = 0; kernelY < g.kernelHeight; kernelY++)
          for (let kernelX = 0; kernelX < g.kernelWidth; kernelX++)
            for (let channel = 0; channel < g.channels; channel++)
              for (let filter = 0; filter < g.filters; filter++) {
                const row = sample * g.height + y * g.strideY + kernelY;
                visit(
                  ((sample * g.outputHeight + y) * g.outputWidth + x) * g.filters + filter,
                  (row * g.width + x * g.strideX + kernelX) * g.channels + channel,
                  ((kernelY * g.kernelWidth + kernelX) * g.channels + channel) * g.filters + filter,
                );
              }
}

function convolved(engine: Engine, g: Geometry, input: Float32Array, filters: Float32Array): Float32Array {
  const { kernels } = engine;
  const output = engine.allocate(4 * outputElements(g));
  const packed = engine.allocate(kernels.packedBytes(innerOf(g), g.filters));
  kernels.pack(packed, floats(engine, filters), innerOf(g), g.filters);
  kernels.conv2d(output, floats(engine, input), packed, 0, epilogueCodes.none, ...argumentsOf(g));
  return engine.float32(output, outputElements(g)).slice();
}

function filterGradient(engine: Engine, g: Geometry, input: Float32Array, outputGradient: Float32Array): Float32Array {
  const { kernels } = engine;
  const gradient = engine.allocate(4 * innerOf(g) * g.filters);
  const scratch = engine.allocate(kernels.scratchBytes(g.outputHeight * g.outputWidth, g.filters, innerOf(g)));
  kernels.conv2dFilterGradient(
    gradient,
    floats(engine, input),
    floats(engine, outputGradient),
    scratch,
    ...argumentsOf(g),
  );
  return engine.float32(gradient, innerOf(g) * g.filters).slice();
}

const addProduct = (to: Float32Array, at: number, left = 0, right = 0) => {
  to[at] = Math.fround((to[at] ?? 0) + Math.fround(left * right));
};

describe('convolution in the portable profile', () => {
  it('gives the bits of one rounded chain over kernel rows, columns and channels', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const [input, filters] = [testValues(inputElements(g), 1), testValues(innerOf(g) * g.filters, 2)];
        const expected = new Float32Array(outputElements(g));
        eachProduct(g, (output, from, filter) => addProduct(expected, output, input[from], filters[filter]));
        expect(convolved(engines.portable, g, input, filters)).toEqual(expected);
      }),
    );
  });

  it('gives the filter gradient the bits of one chain over samples, rows and columns', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const [input, outputGradient] = [testValues(inputElements(g), 3), testValues(outputElements(g), 4)];
        const expected = new Float32Array(innerOf(g) * g.filters);
        eachProduct(g, (output, from, filter) => addProduct(expected, filter, input[from], outputGradient[output]));
        expect(filterGradient(engines.portable, g, input, outputGradient)).toEqual(expected);
      }),
    );
  });
});

describe.each(profiles)('convolution in the %s profile', (profile) => {
  const engine = engines[profile];

  it('stays near the exact convolution and filter gradient', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const [input, filters] = [testValues(inputElements(g), 5), testValues(innerOf(g) * g.filters, 6)];
        const outputGradient = testValues(outputElements(g), 7);
        const exactOutput = new Float64Array(outputElements(g));
        const exactGradient = new Float64Array(filters.length);
        eachProduct(g, (output, from, filter) => {
          exactOutput[output] = (exactOutput[output] ?? 0) + (input[from] ?? 0) * (filters[filter] ?? 0);
          exactGradient[filter] = (exactGradient[filter] ?? 0) + (input[from] ?? 0) * (outputGradient[output] ?? 0);
        });
        convolved(engine, g, input, filters).forEach((value, at) => {
          expect(Math.abs(value - (exactOutput[at] ?? 0))).toBeLessThan(innerOf(g) * 2 ** -23);
        });
        filterGradient(engine, g, input, outputGradient).forEach((value, at) => {
          const terms = g.samples * g.outputHeight * g.outputWidth;
          expect(Math.abs(value - (exactGradient[at] ?? 0))).toBeLessThan(terms * 2 ** -22);
        });
      }),
    );
  });

  it('gives the input gradient as the convolution of the padded output gradient with rotated filters', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const { kernels } = engine;
        const [filters, outputGradient] = [testValues(innerOf(g) * g.filters, 8), testValues(outputElements(g), 9)];
        const exact = new Float64Array(inputElements(g));
        eachProduct(g, (output, from, filter) => {
          exact[from] = (exact[from] ?? 0) + (filters[filter] ?? 0) * (outputGradient[output] ?? 0);
        });
        const frameHeight = g.height + g.kernelHeight - 1;
        const frameWidth = g.width + g.kernelWidth - 1;
        const frame = engine.allocate(4 * g.samples * frameHeight * frameWidth * g.filters);
        const [top, left] = [g.kernelHeight - 1, g.kernelWidth - 1];
        kernels.pad(
          frame,
          floats(engine, outputGradient),
          g.samples,
          g.outputHeight,
          g.outputWidth,
          g.filters,
          top,
          left,
          g.strideY,
          g.strideX,
          frameHeight,
          frameWidth,
        );
        const inner = g.kernelHeight * g.kernelWidth * g.filters;
        const packed = engine.allocate(kernels.packedBytes(inner, g.channels));
        kernels.packRotated(packed, floats(engine, filters), g.kernelHeight, g.kernelWidth, g.channels, g.filters);
        const gradient = engine.allocate(4 * inputElements(g));
        const geometry = [g.samples, frameHeight, frameWidth, g.filters, g.kernelHeight, g.kernelWidth] as const;
        kernels.conv2d(gradient, frame, packed, 0, 0, ...geometry, g.height, g.width, g.channels, 1, 1);
        engine.float32(gradient, inputElements(g)).forEach((value, at) => {
          expect(Math.abs(value - (exact[at] ?? 0))).toBeLessThan(inner * 2 ** -23);
        });
      }),
    );
  });

  it('pads, crops and spreads images like plain loops', () => {
    const paddings = fc.record({
      samples: fc.integer({ min: 1, max: 2 }),
      height: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 6 }),
      channels: fc.integer({ min: 1, max: 5 }),
      top: fc.integer({ min: -2, max: 3 }),
      left: fc.integer({ min: -2, max: 3 }),
      strideY: fc.integer({ min: 1, max: 3 }),
      strideX: fc.integer({ min: 1, max: 3 }),
      paddedHeight: fc.integer({ min: 1, max: 9 }),
      paddedWidth: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(paddings, (p) => {
        const input = testValues(p.samples * p.height * p.width * p.channels, 10);
        const expected = new Float32Array(p.samples * p.paddedHeight * p.paddedWidth * p.channels);
        input.forEach((value, at) => {
          const channel = at % p.channels;
          const x = Math.floor(at / p.channels) % p.width;
          const y = Math.floor(at / p.channels / p.width) % p.height;
          const sample = Math.floor(at / p.channels / p.width / p.height);
          const [row, column] = [p.top + y * p.strideY, p.left + x * p.strideX];
          if (row < 0 || row >= p.paddedHeight || column < 0 || column >= p.paddedWidth) return;
          expected[((sample * p.paddedHeight + row) * p.paddedWidth + column) * p.channels + channel] = value;
        });
        const padded = floats(
          engine,
          expected.map(() => 99),
        );
        const { samples, height, width, channels, top, left, strideY, strideX, paddedHeight, paddedWidth } = p;
        engine.kernels.pad(
          padded,
          floats(engine, input),
          samples,
          height,
          width,
          channels,
          top,
          left,
          strideY,
          strideX,
          paddedHeight,
          paddedWidth,
        );
        expect(engine.float32(padded, expected.length).slice()).toEqual(expected);
      }),
    );
  });
});
