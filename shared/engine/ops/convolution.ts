// What convolutions have in common: where their windows lie, frames of zeros, and the product that goes the other way. The
// input gradient of a convolution is a transposed convolution, and the other way round.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import type { Tensor } from './op.ts';
import { bothStrides, type Padding, padded, type Strides } from './window.ts';

/** An image [height, width, channels], windows over it, and an image [outputHeight, outputWidth, filters] of what they give. */
export interface Geometry {
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
  readonly top: number;
  readonly left: number;
  readonly paddedHeight: number;
  readonly paddedWidth: number;
}

export function convolutionGeometry(
  [height = 0, width = 0, channels = 0]: readonly number[],
  [kernelHeight = 0, kernelWidth = 0]: readonly number[],
  filters: number,
  { stride, padding }: { readonly stride: Strides; readonly padding: Padding },
): Geometry {
  const [strideY, strideX] = bothStrides(stride);
  const rows = padded(height, kernelHeight, strideY, padding);
  const columns = padded(width, kernelWidth, strideX, padding);
  return {
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    outputHeight: rows.output,
    outputWidth: columns.output,
    filters,
    strideY,
    strideX,
    top: rows.before,
    left: columns.before,
    paddedHeight: rows.padded,
    paddedWidth: columns.padded,
  };
}

/** The last arguments of the kernels that convolve. */
export function convolutionArguments(samples: number, g: Geometry) {
  const { paddedHeight, paddedWidth, channels, kernelHeight, kernelWidth, outputHeight, outputWidth, filters } = g;
  return [
    samples,
    paddedHeight,
    paddedWidth,
    channels,
    kernelHeight,
    kernelWidth,
    outputHeight,
    outputWidth,
    filters,
    g.strideY,
    g.strideX,
  ] as const;
}

/** The image in a frame of zeros; the image itself where no zeros are needed. */
export function emitFrame(emit: Emitter, image: Buffer, g: Geometry): Buffer {
  const { height, width, channels, top, left, paddedHeight, paddedWidth } = g;
  if (paddedHeight === height && paddedWidth === width) return image;
  const frame = emit.temporary(emit.samples * paddedHeight * paddedWidth * channels);
  emit.call('pad', frame, image, emit.samples, height, width, channels, top, left, 1, 1, paddedHeight, paddedWidth);
  return frame;
}

/** The output's image, spread by the strides into a frame in which windows of stride 1 are as many as the image has pixels. */
export function emitSpread(
  emit: Emitter,
  output: Buffer,
  channels: number,
  g: Geometry,
): { readonly frame: Buffer; readonly frameHeight: number; readonly frameWidth: number } {
  const { kernelHeight, kernelWidth, outputHeight, outputWidth, strideY, strideX } = g;
  const [frameHeight, frameWidth] = [g.height + kernelHeight - 1, g.width + kernelWidth - 1];
  const frame = emit.temporary(emit.samples * frameHeight * frameWidth * channels);
  const [top, left] = [kernelHeight - 1 - g.top, kernelWidth - 1 - g.left];
  const [source, target] = [
    [emit.samples, outputHeight, outputWidth, channels],
    [top, left, strideY, strideX, frameHeight, frameWidth],
  ] as const;
  emit.call('pad', frame, output, ...source, ...target);
  return { frame, frameHeight, frameWidth };
}

/** Filters packed for the product of `g` itself. */
export function packedFilters(emit: Emitter, filters: Tensor, g: Geometry): Buffer {
  const inner = g.kernelHeight * g.kernelWidth * g.channels;
  return emit.prepared(`pack ${filters.name}`, emit.packedBytes(inner, g.filters), (program, buffer) =>
    program.call('pack', buffer, emit.value(filters), inner, g.filters),
  );
}

/** What the product that goes the other way writes, and does to each element. */
interface Backwards {
  readonly target: Buffer;
  readonly bias: Buffer | 0;
  readonly code: number;
}

/** From the output's image to the input's: spread by the stride, convolved with the rotated filters. */
export function emitBackwards(
  emit: Emitter,
  output: Buffer,
  filters: Tensor,
  g: Geometry,
  { target, bias, code }: Backwards,
): void {
  const { kernelHeight, kernelWidth, channels } = g;
  const bytes = emit.packedBytes(kernelHeight * kernelWidth * g.filters, channels);
  const packed = emit.prepared(`pack rotated ${filters.name}`, bytes, (program, buffer) =>
    program.call('packRotated', buffer, emit.value(filters), kernelHeight, kernelWidth, channels, g.filters),
  );
  const { frame, frameHeight, frameWidth } = emitSpread(emit, output, g.filters, g);
  const geometry = { ...g, channels: g.filters, filters: channels, strideY: 1, strideX: 1 };
  const moved = { outputHeight: g.height, outputWidth: g.width, paddedHeight: frameHeight, paddedWidth: frameWidth };
  emit.call(
    'conv2d',
    target,
    frame,
    packed,
    bias,
    code,
    ...convolutionArguments(emit.samples, { ...geometry, ...moved }),
  );
}

/** The filters' gradient, from the framed image and the gradient (or image) of the output. */
export function emitFilterGradient(emit: Emitter, target: Buffer, frame: Buffer, output: Buffer, g: Geometry): void {
  const inner = g.kernelHeight * g.kernelWidth * g.channels;
  const scratch = emit.temporary(emit.scratchBytes(g.outputHeight * g.outputWidth, g.filters, inner) / 4);
  emit.call('conv2dFilterGradient', target, frame, output, scratch, ...convolutionArguments(emit.samples, g));
}
