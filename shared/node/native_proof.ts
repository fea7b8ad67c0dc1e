// Native kernels are believed once they have left the bits of their WebAssembly twins, on this machine and in this process:
// in the cases of the numerics probe and in those here, for tiles that are larger than WebAssembly's.

import { type Engine, type KernelReplacement, loadEngine, type NumericsProfile } from '../engine/engine.ts';
import { type Kernels, kernelNames } from '../engine/generated/kernels.ts';
import { epilogueCodes, type Pointer } from '../engine/kernels.ts';
import { differingKernel } from '../engine/probe/numerics_probe.ts';
import type { ProbeBench } from '../engine/probe/probe_bench.ts';
import { packed } from '../engine/probe/probe_case.ts';

/** Rows, columns and k: every width of a tile, the heights on both sides of the largest; more than is copied at a time. */
const shapes = [
  [6, 63, 3],
  [7, 28, 4],
  [11, 20, 2],
  [12, 32, 5],
  [13, 45, 3],
  [25, 17, 9],
  [49, 5, 4],
  [2, 4, 1_025],
] as const;

/** A left operand whose products are subnormal numbers, which no machine may flush to zero, or of any size. */
function left(bench: ProbeBench, rows: number, inner: number): Pointer {
  return bench.floats(rows * inner, rows % 2 === 0 ? 1e-39 : 1e3);
}

type Convolution =
  Parameters<Kernels['conv2dFilterGradient']> extends readonly [Pointer, Pointer, Pointer, Pointer, ...infer Sizes]
    ? Sizes
    : never;

/** Samples, the padded image [height, width, channels], the window, outputs, filters and strides: as kernels take them. */
const convolutions: readonly Convolution[] = [
  [2, 7, 9, 3, 3, 2, 5, 8, 20, 1, 1],
  [2, 5, 5, 1, 5, 5, 1, 1, 6, 1, 1],
  [1, 6, 9, 4, 1, 3, 3, 4, 45, 2, 2],
];

const wideCases: Parameters<typeof differingKernel>[2] = {
  pack(kernel, bench) {
    kernel(bench.output(bench.kernels.packedBytes(7, 45)), bench.floats(7 * 45), 7, 45);
  },

  packTransposed(kernel, bench) {
    kernel(bench.output(bench.kernels.packedBytes(7, 45)), bench.floats(7 * 45), 7, 45);
  },

  matmul(kernel, bench) {
    for (const [rows, columns, inner] of shapes) {
      const [c, a] = [bench.output(4 * rows * columns), left(bench, rows, inner)];
      kernel(c, a, packed(bench, inner, columns), rows, columns, inner, bench.floats(columns), epilogueCodes.relu);
    }
  },

  matmulTransposed(kernel, bench) {
    for (const [rows, columns, inner] of shapes) {
      const [c, a] = [bench.output(4 * rows * columns), left(bench, rows, inner)];
      const scratch = bench.scratch(bench.kernels.scratchBytes(rows, columns, inner));
      kernel(c, a, packed(bench, inner, columns), rows, columns, inner, scratch);
    }
  },

  conv2d(kernel, bench) {
    for (const sizes of convolutions) {
      const [samples, height, width, channels, windowHeight, windowWidth, rows, columns, filters] = sizes;
      const output = bench.output(4 * samples * rows * columns * filters);
      const padded = bench.floats(samples * height * width * channels);
      const weights = packed(bench, windowHeight * windowWidth * channels, filters);
      kernel(output, padded, weights, bench.floats(filters), epilogueCodes.relu, ...sizes);
    }
  },

  conv2dFilterGradient(kernel, bench) {
    for (const sizes of convolutions) {
      const [samples, height, width, channels, windowHeight, windowWidth, rows, columns, filters] = sizes;
      const inner = windowHeight * windowWidth * channels;
      const gradient = bench.output(4 * inner * filters);
      const padded = bench.floats(samples * height * width * channels);
      const outputs = bench.floats(samples * rows * columns * filters);
      const scratch = bench.scratch(bench.kernels.scratchBytes(rows * columns, filters, inner));
      kernel(gradient, padded, outputs, scratch, ...sizes);
    }
  },

  packRotated(kernel, bench) {
    const output = bench.output(bench.kernels.packedBytes(6 * 9, 21));
    kernel(output, bench.floats(6 * 21 * 9), 2, 3, 21, 9);
  },
};

/**
 * The first native kernel of a replacement that gives other bits than its WebAssembly twin, undefined if none does.
 * @throws {InputError} if this machine cannot run the profile.
 */
export async function wrongKernel(
  profile: NumericsProfile,
  replace: KernelReplacement,
): Promise<keyof Kernels | undefined> {
  const engines: readonly [Engine, Engine] = [await loadEngine(profile), await loadEngine(profile, { replace })];
  const [webAssembly, native] = engines;
  const replaced = kernelNames.filter((name) => native.kernels[name] !== webAssembly.kernels[name]);
  return differingKernel(replaced, engines, wideCases);
}
