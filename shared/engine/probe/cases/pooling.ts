// What the numerics probe has the kernels of shared/kernels/pooling.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import type { Pointer } from '../../kernels.ts';
import { bytes, elements, type ProbeCase } from '../probe_case.ts';

/** The kernels' last arguments. */
type PoolingGeometry =
  Parameters<Kernels['averagePool']> extends [output: Pointer, input: Pointer, ...infer Geometry] ? Geometry : never;

/** Two windows that stick out of a 5x4 image of 5 channels, one that does not, in each dimension. */
const poolings: readonly PoolingGeometry[] = [
  [2, 5, 4, 5, 2, 2, 2, 2, 1, 1, 3, 3],
  [1, 5, 4, 5, 3, 2, 2, 1, 1, 0, 3, 4],
];

const poolingOutputs = ([samples, , , channels, , , , , , , height, width]: PoolingGeometry) =>
  samples * height * width * channels;
const poolingInputs = ([samples, height, width, channels]: PoolingGeometry) => samples * height * width * channels;

export const maxPool: ProbeCase<'maxPool'> = (kernel, bench) => {
  for (const geometry of poolings) {
    const outputBytes = 4 * poolingOutputs(geometry);
    kernel(bench.output(outputBytes), bench.output(outputBytes), bench.floats(poolingInputs(geometry)), ...geometry);
  }
};

export const maxPoolGradient: ProbeCase<'maxPoolGradient'> = (kernel, bench) => {
  kernel(bench.output(bytes), bench.floats(50), bench.integers(50, elements), elements, 50);
};

export const averagePool: ProbeCase<'averagePool'> = (kernel, bench) => {
  for (const geometry of poolings) {
    kernel(bench.output(4 * poolingOutputs(geometry)), bench.floats(poolingInputs(geometry)), ...geometry);
  }
};

export const averagePoolGradient: ProbeCase<'averagePoolGradient'> = (kernel, bench) => {
  for (const geometry of poolings) {
    kernel(bench.output(4 * poolingInputs(geometry)), bench.floats(poolingOutputs(geometry)), ...geometry);
  }
};
