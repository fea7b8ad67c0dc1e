// What the numerics probe has each kernel compute: small tensors whose sizes leave remainders of every kind. A kernel
// without a case does not compile.

import type { Kernels } from '../generated/kernels.ts';
import { epilogueCodes, type Pointer } from '../kernels.ts';
import type { ProbeBench } from './probe_bench.ts';

/** Runs a kernel on inputs from the bench and leaves its results there. No result may be NaN: their bits differ. */
type ProbeCase<Name extends keyof Kernels> = (kernel: Kernels[Name], bench: ProbeBench) => void;

/** Vectors of 4, unrolled fours of them, and a remainder. */
const elements = 39;
const bytes = 4 * elements;

/** A kernel's last arguments, behind those that differ from kernel to kernel. */
type PoolingGeometry =
  Parameters<Kernels['averagePool']> extends [output: Pointer, input: Pointer, ...infer Geometry] ? Geometry : never;
type ConvolutionGeometry =
  Parameters<Kernels['conv2dFilterGradient']> extends [Pointer, Pointer, Pointer, Pointer, ...infer Geometry]
    ? Geometry
    : never;

/** Two windows that stick out of a 5x4 image of 5 channels, one that does not, in each dimension. */
const poolings: readonly PoolingGeometry[] = [
  [2, 5, 4, 5, 2, 2, 2, 2, 1, 1, 3, 3],
  [1, 5, 4, 5, 3, 2, 2, 1, 1, 0, 3, 4],
];

const poolingOutputs = ([samples, , , channels, , , , , , , height, width]: PoolingGeometry) =>
  samples * height * width * channels;
const poolingInputs = ([samples, height, width, channels]: PoolingGeometry) => samples * height * width * channels;

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

/** Every height and width of a register tile; more rows than one tile; more of k than one sweep. */
const products = [
  ...[1, 2, 3, 4, 5, 9].flatMap((rows) => [3, 4, 13].map((columns) => [rows, columns, 5] as const)),
  [1, 4, 1027],
  [2, 3, 1027],
] as const;

function packed(bench: ProbeBench, inner: number, columns: number): Pointer {
  const pointer = bench.scratch(bench.kernels.packedBytes(inner, columns));
  bench.kernels.pack(pointer, bench.floats(inner * columns), inner, columns);
  return pointer;
}

/** output = f(input). */
const unary =
  (range: number, offset = 0) =>
  (kernel: Kernels['exp'], bench: ProbeBench) =>
    kernel(bench.output(bytes), bench.floats(elements, range, offset), elements);

/** inputGradient = outputGradient * f'(output). */
const activationGradient = (kernel: Kernels['reluGradient'], bench: ProbeBench) =>
  kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements);

const seed = [1, 2, 3, 4] as const;

export const probeCases: { readonly [Name in keyof Kernels]: ProbeCase<Name> } = {
  // Products.
  packedBytes(kernel, bench) {
    for (const columns of [3, 4, 8, 13]) bench.result(kernel(5, columns));
  },
  scratchBytes(kernel, bench) {
    for (const inner of [1, 40]) bench.result(kernel(5, 7, inner));
  },
  pack(kernel, bench) {
    for (const columns of [3, 12, 13]) {
      kernel(bench.output(bench.kernels.packedBytes(5, columns)), bench.floats(5 * columns), 5, columns);
    }
  },
  packTransposed(kernel, bench) {
    for (const columns of [3, 12, 13]) {
      kernel(bench.output(bench.kernels.packedBytes(5, columns)), bench.floats(5 * columns), 5, columns);
    }
  },
  matmul(kernel, bench) {
    for (const [rows, columns, inner] of products) {
      const [output, a] = [bench.output(4 * rows * columns), bench.floats(rows * inner)];
      const hasBias = rows % 2 === 1;
      const bias = hasBias ? bench.floats(columns) : 0;
      const code = hasBias ? epilogueCodes.relu : epilogueCodes.none;
      kernel(output, a, packed(bench, inner, columns), rows, columns, inner, bias, code);
    }
  },
  matmulTransposed(kernel, bench) {
    // 256 rows lie at a stride that has them copied.
    for (const [rows, columns, inner] of [...products.slice(0, -2), [256, 3, 3] as const]) {
      const [output, a] = [bench.output(4 * rows * columns), bench.floats(rows * inner)];
      const scratch = bench.scratch(bench.kernels.scratchBytes(rows, columns, inner));
      kernel(output, a, packed(bench, inner, columns), rows, columns, inner, scratch);
    }
  },
  conv2d(kernel, bench) {
    for (const geometry of convolutions) {
      const [, , , channels, height, width, , , filters] = geometry;
      const output = bench.output(4 * convolutionOutputs(geometry));
      const filtersPacked = packed(bench, channels * height * width, filters);
      const [input, bias] = [bench.floats(convolutionInputs(geometry)), bench.floats(filters)];
      kernel(output, input, filtersPacked, bias, epilogueCodes.relu, ...geometry);
    }
  },
  conv2dFilterGradient(kernel, bench) {
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
  },
  packRotated(kernel, bench) {
    kernel(bench.output(bench.kernels.packedBytes(2 * 3 * 5, 11)), bench.floats(2 * 3 * 11 * 5), 2, 3, 11, 5);
  },
  pad(kernel, bench) {
    kernel(bench.output(4 * 2 * 8 * 7 * 3), bench.floats(2 * 3 * 5 * 3), 2, 3, 5, 3, 1, -1, 2, 1, 8, 7);
    kernel(bench.output(4 * 2 * 8 * 7 * 3), bench.floats(2 * 3 * 5 * 3), 2, 3, 5, 3, -1, 1, 1, 2, 8, 7);
  },

  // Pooling.
  maxPool(kernel, bench) {
    for (const geometry of poolings) {
      const outputBytes = 4 * poolingOutputs(geometry);
      kernel(bench.output(outputBytes), bench.output(outputBytes), bench.floats(poolingInputs(geometry)), ...geometry);
    }
  },
  maxPoolGradient(kernel, bench) {
    kernel(bench.output(bytes), bench.floats(50), bench.integers(50, elements), elements, 50);
  },
  averagePool(kernel, bench) {
    for (const geometry of poolings) {
      kernel(bench.output(4 * poolingOutputs(geometry)), bench.floats(poolingInputs(geometry)), ...geometry);
    }
  },
  averagePoolGradient(kernel, bench) {
    for (const geometry of poolings) {
      kernel(bench.output(4 * poolingInputs(geometry)), bench.floats(poolingOutputs(geometry)), ...geometry);
    }
  },

  // Element by element, and rows.
  scaleBytes: (kernel, bench) => kernel(bench.output(bytes), bench.bytes(elements), elements, 1 / 255, -0.3),
  scale: (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements), elements, 0.7, -0.3),
  fill: (kernel, bench) => kernel(bench.output(bytes), elements, 0.3),
  copy: (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements), elements),
  add: (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements), bench.floats(elements), elements),
  addBias(kernel, bench) {
    for (const code of [epilogueCodes.none, epilogueCodes.relu]) {
      kernel(bench.output(bytes), bench.floats(elements), bench.floats(13), 3, 13, code);
    }
  },
  sumRows: (kernel, bench) => kernel(bench.output(4 * 23), bench.floats(5 * 23), 5, 23),
  relu: unary(1),
  reluGradient: activationGradient,
  sigmoid: unary(20),
  sigmoidGradient: activationGradient,
  tanh: unary(4),
  tanhGradient: activationGradient,
  exp: unary(80),
  log: unary(2, 2.001),
  allFinite(kernel, bench) {
    bench.result(kernel(bench.floats(elements), elements));
    bench.result(kernel(bench.floats(elements, Number.POSITIVE_INFINITY), elements));
  },

  // Losses and metrics.
  softmax: (kernel, bench) => kernel(bench.output(bytes), bench.floats(elements, 9), 3, 13),
  softmaxCrossEntropy(kernel, bench) {
    const [logits, labels] = [bench.floats(elements, 9), bench.integers(3, 13)];
    kernel(bench.output(8), bench.output(bytes), logits, labels, 3, 13);
    kernel(bench.output(8), 0, logits, labels, 3, 13);
  },
  sumOfSquaredErrors(kernel, bench) {
    const [output, target] = [bench.floats(elements), bench.floats(elements)];
    kernel(bench.output(8), bench.output(bytes), output, target, elements);
    kernel(bench.output(8), 0, output, target, elements);
  },
  accuracy: (kernel, bench) =>
    kernel(bench.output(8), bench.floats(4 * elements), bench.integers(elements, 4), elements, 4),
  oneHot: (kernel, bench) => kernel(bench.output(bytes), bench.integers(3, 13), 3, 13),
  widenLabels: (kernel, bench) => kernel(bench.output(bytes), bench.bytes(elements), elements),

  // Optimizers.
  sgd(kernel, bench) {
    for (const [momentum, nesterov, decay] of [
      [0, 0, 0],
      [0.9, 0, 0.01],
      [0.9, 1, 0],
    ] as const) {
      const [parameters, gradient] = [bench.kept(bench.floats(elements), bytes), bench.floats(elements)];
      const velocity = momentum === 0 ? 0 : bench.kept(bench.floats(elements), bytes);
      bench.result(kernel(parameters, gradient, velocity, elements, 0.1, 0.3, momentum, nesterov, decay));
    }
  },

  // Randomness.
  fillUniform: (kernel, bench) => kernel(bench.output(bytes), elements, ...seed, -0.7, 0.3),
  fillNormal: (kernel, bench) => kernel(bench.output(bytes), elements, ...seed, 0.3),
};
