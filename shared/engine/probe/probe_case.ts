// What the numerics probe has a kernel compute: small tensors whose sizes leave remainders of every kind. The cases of a
// file of kernels stand in cases/, in a file of the same name, exported under the kernels' own names; the build finds them.

import type { Kernels } from '../generated/kernels.ts';
import type { Pointer } from '../kernels.ts';
import type { ProbeBench } from './probe_bench.ts';

/** Runs a kernel on inputs from the bench and leaves its results there. No result may be NaN: their bits differ. */
export type ProbeCase<Name extends keyof Kernels> = (kernel: Kernels[Name], bench: ProbeBench) => void;

/** Vectors of 4, unrolled fours of them, and a remainder. */
export const elements = 39;
export const bytes = 4 * elements;

/** A right operand, packed. */
export function packed(bench: ProbeBench, inner: number, columns: number): Pointer {
  const pointer = bench.scratch(bench.kernels.packedBytes(inner, columns));
  bench.kernels.pack(pointer, bench.floats(inner * columns), inner, columns);
  return pointer;
}

/** A kernel of one tensor: output = f(input), of inputs spread over `offset` − `range` to `offset` + `range`. */
export const unary =
  (range: number, offset = 0) =>
  (kernel: Kernels['exp'], bench: ProbeBench) =>
    kernel(bench.output(bytes), bench.floats(elements, range, offset), elements);

/** The gradient of one, from an output's gradient and an input spread over −`range` to `range`. */
export const unaryGradient = (range: number) => (kernel: Kernels['siluGradient'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements, range), elements);
