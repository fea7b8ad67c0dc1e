// What the numerics probe has the kernels of shared/kernels/convolution.ts compute.

import type { Kernels } from '../../generated/kernels.ts';
import { epilogueCodes, type Pointer } from '../../kernels.ts';
import { type ProbeCase, packed } from '../probe_case.ts';

/** The kernel's last arguments. */
type ConvolutionGeometry =
  Parameters<Kernels['conv2dFilterGradient']> extends [Pointer, Pointer, Pointer, Pointer, ...infer Geometry]
    ? Geometry
    : never;

/** Runs of 6 and of 5 elements in a row of the filter, strides that differ, filters that fill no vector and that fill one. */
const convolutions: readonly ConvolutionGeometry[] = [
  [2, 5, 7, 3, 2, 2, 2, 6, 5, 2, 1],
  [1, 4, 9, 1, 3, 5, 2, 3, 12, 1, 2],
];

const convolutionInputs = ([samples, height, width, channels]: ConvolutionGeometry) =>
  samples * height * width * channels;
const convolutionOutputs = ([samples, , , , , , height, width, filters]: ConvolutionGeometry) =>
  samples * height * width * filters;
const filterElements = ([, , , channels, height, width, , , filters]: ConvolutionGeometry) =>
  channels * height * width * filters;

export const conv2d: ProbeCase<'conv2d'> = (kernel, bench) => {
  for (const geometry of convolutions) {
    const [, , , channels, height, width, , , filters] = geometry;
    const output = bench.output(4 * convolutionOutputs(geometry));
    const filtersPacked = packed(bench, channels * height * width, filters);
    const [input, bias] = [bench.floats(convolutionInputs(geometry)), bench.floats(filters)];
    kernel(output, input, filtersPacked, bias, epilogueCodes.relu, ...geometry);
  }
};

export const conv2dFilterGradient: ProbeCase<'conv2dFilterGradient'> = (kernel, bench) => {
  for (const geometry of convolutions) {
    const [, , , , , , height, width, filters] = geometry;
    const output = bench.output(4 * filterElements(geometry));
    const [input, outputGradient] = [
      bench.floats(convolutionInputs(geometry)),
      bench.floats(convolutionOutputs(geometry)),
    ];
    const scratch = bench.scratch(bench.kernels.scratchBytes(height * width, filters, 1));
    kernel(output, input, outputGradient, scratch, ...geometry);
  }
};

export const packRotated: ProbeCase<'packRotated'> = (kernel, bench) => {
  kernel(bench.output(bench.kernels.packedBytes(2 * 3 * 5, 11)), bench.floats(2 * 3 * 11 * 5), 2, 3, 11, 5);
};

export const pad: ProbeCase<'pad'> = (kernel, bench) => {
  kernel(bench.output(4 * 2 * 8 * 7 * 3), bench.floats(2 * 3 * 5 * 3), 2, 3, 5, 3, 1, -1, 2, 1, 8, 7);
  kernel(bench.output(4 * 2 * 8 * 7 * 3), bench.floats(2 * 3 * 5 * 3), 2, 3, 5, 3, -1, 1, 1, 2, 8, 7);
};
