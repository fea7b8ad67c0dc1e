// Native kernels are believed once they have left the bits of their WebAssembly twins, on this machine and in this process:
// in the cases of the numerics probe and in those here, for tiles that are larger than WebAssembly's.

import { type Engine, type KernelReplacement, loadEngine, type NumericsProfile } from '../engine/engine.ts';
import { type Kernels, kernelNames } from '../engine/generated/kernels.ts';
import { epilogueCodes, type Pointer } from '../engine/kernels.ts';
import { differingKernel } from '../engine/probe/numerics_probe.ts';
import type { ProbeBench } from '../engine/probe/probe_bench.ts';
import { packed } from '../engine/probe/probe_case.ts';

/** Rows, columns and k: every width of a tile, and the heights on both sides of the largest. */
const shapes = [
  [6, 63, 3],
  [7, 28, 4],
  [11, 20, 2],
  [12, 32, 5],
  [13, 45, 3],
  [25, 17, 9],
] as const;

/** A left operand whose products are subnormal numbers, which no machine may flush to zero, or of any size. */
function left(bench: ProbeBench, rows: number, inner: number): Pointer {
  return bench.floats(rows * inner, rows % 2 === 0 ? 1e-39 : 1e3);
}

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
