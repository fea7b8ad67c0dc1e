// How much arithmetic a kernel's call is, estimated from its arguments: what a plan asks of a machine is known before it
// is computed.

import type { Kernels } from './generated/kernels.ts';

type Estimates = { readonly [Name in keyof Kernels]?: (...given: Parameters<Kernels[Name]>) => number };

/** Operations of the kernels that do more than pass once over their buffers. */
const estimates: Estimates = {
  matmul: (_c, _a, _b, rows, columns, inner) => 2 * rows * columns * inner,
  matmulTransposed: (_c, _a, _b, rows, columns, inner) => 2 * rows * columns * inner,
  matmulEach: (_c, _a, _b, _packed, _scratch, count, rows, columns, inner) => 2 * count * rows * columns * inner,
  // Two products of positions by positions, and five for the gradient, which computes the scores anew.
  attention: (_output, _statistics, _q, _k, _v, _rotary, _scratch, samples, positions, heads, _shared, size, causal) =>
    2 * attentionProduct(samples * heads, positions, size, causal),
  attentionGradient: (_dq, _dk, _dv, _output, _statistics, _q, _k, _v, _rotary, _scratch, samples, ...sizes) => {
    const [positions, heads, , size, causal] = sizes;
    return 5 * attentionProduct(samples * heads, positions, size, causal);
  },
  lstm: (_h, _c, _gates, _packed, _scratch, samples, steps, units) => recurrence(samples, steps, units, 4),
  lstmGradient: (_gates, _gradient, _c, _packed, _scratch, samples, steps, units) =>
    recurrence(samples, steps, units, 4),
  gru: (_h, _inner, _gates, _packed, _bias, _scratch, samples, steps, units) => recurrence(samples, steps, units, 3),
  gruGradient: (_gates, _hidden, _gradient, _h, _inner, _packed, _scratch, samples, steps, units) =>
    recurrence(samples, steps, units, 3),
  conv2d: (_output, _padded, _filters, _bias, _epilogue, samples, _h, _w, ...window) => convolution(samples, window),
  conv2dFilterGradient: (_gradient, _padded, _output, _scratch, samples, _h, _w, ...window) =>
    convolution(samples, window),
  depthwiseConv2d: (_output, _padded, _filters, _bias, _epilogue, samples, _h, _w, ...window) =>
    depthwise(samples, window),
  depthwiseFilterGradient: (_gradient, _padded, _output, samples, _h, _w, ...window) => depthwise(samples, window),
  maxPool: (_output, _argmax, _input, samples, _h, _w, ...window) => pooling(samples, window),
  averagePool: (_output, _input, samples, _h, _w, ...window) => pooling(samples, window),
  averagePoolGradient: (_inputGradient, _outputGradient, samples, _h, _w, ...window) => pooling(samples, window),
};

/** Operations for each element of the buffers that a call touches: those of an activation, the dearest. */
const operationsPerElement = 16;

/** Any kernel of `Kernels`, once its name is known at run time alone. */
type AnyEstimate = (...given: readonly number[]) => number;

/**
 * Floating-point operations of a call, more rather than less.
 * @param given the kernel's arguments; those that are pointers are not looked at
 * @param bytes of the buffers that the call touches
 */
export function operationsOf(kernel: keyof Kernels, given: readonly number[], bytes: number): number {
  return productsOf(kernel, given) + operationsPerElement * (bytes / 4);
}

/** Floating-point operations of a call's products and sums of products; 0 of a kernel that passes once over its buffers. */
export function productsOf(kernel: keyof Kernels, given: readonly number[]): number {
  const estimate = estimates[kernel] as AnyEstimate | undefined;
  return estimate?.(...given) ?? 0;
}

/** The products of every step with a recurrent weight of so many gates. */
function recurrence(samples: number, steps: number, units: number, gates: number): number {
  return 2 * samples * steps * units * gates * units;
}

/** A causal one is computed where keys count, in whole tiles of eight. */
function attentionProduct(heads: number, positions: number, size: number, causal: number): number {
  const keys = causal === 1 ? Math.min(positions, (positions + 8) / 2) : positions;
  return 2 * heads * positions * keys * size;
}

type ConvolutionWindow = readonly [
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  outputHeight: number,
  outputWidth: number,
  filters: number,
  strideY: number,
  strideX: number,
];

function convolution(
  samples: number,
  [channels, kernelHeight, kernelWidth, outputHeight, outputWidth, filters]: ConvolutionWindow,
): number {
  return 2 * samples * outputHeight * outputWidth * filters * kernelHeight * kernelWidth * channels;
}

type DepthwiseWindow = readonly [
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  outputHeight: number,
  outputWidth: number,
  strideY: number,
  strideX: number,
];

function depthwise(
  samples: number,
  [channels, kernelHeight, kernelWidth, outputHeight, outputWidth]: DepthwiseWindow,
): number {
  return 2 * samples * outputHeight * outputWidth * kernelHeight * kernelWidth * channels;
}

type PoolingWindow = readonly [
  channels: number,
  windowHeight: number,
  windowWidth: number,
  strideY: number,
  strideX: number,
  padTop: number,
  padLeft: number,
  outputHeight: number,
  outputWidth: number,
];

function pooling(
  samples: number,
  [channels, windowHeight, windowWidth, , , , , outputHeight, outputWidth]: PoolingWindow,
): number {
  return samples * outputHeight * outputWidth * channels * windowHeight * windowWidth;
}
