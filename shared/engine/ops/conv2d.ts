// conv2d: cross-correlation of NHWC images [height, width, channels] with filters [kernelHeight, kernelWidth, channels,
// filters]. Padding `same`: output = ceil(input / stride), the odd zero row at the bottom right; `valid`: none.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { shapeText } from '../shape.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';
import { padded, paddingSchema, strideSchema } from './window.ts';

const attributes = v.strictObject({ stride: v.optional(strideSchema, 1), padding: v.optional(paddingSchema, 'valid') });

export const conv2d: Op = {
  name: 'conv2d',
  attributes,

  infer(inputs, given, nodeName) {
    const [x, filters] = takeInputs(inputs, ['x', 'filters'], nodeName, 'conv2d');
    requireBatch(x, nodeName, 'conv2d');
    const [kernelHeight, kernelWidth, channels, count] = filters.shape;
    const fits = filters.kind === 'parameter' && x.shape.length === 3 && channels === x.shape[2];
    if (!fits || kernelHeight === undefined || kernelWidth === undefined || count === undefined) {
      const expected = 'x [height, width, channels] and a parameter [kernelHeight, kernelWidth, channels, filters]';
      throw mismatch(
        nodeName,
        'conv2d',
        expected,
        `x ${shapeText(x.shape)} and ${filters.kind} ${shapeText(filters.shape)}`,
      );
    }
    const { stride, padding } = given as v.InferOutput<typeof attributes>;
    const [height = 0, width = 0] = x.shape;
    const rows = padded(height, kernelHeight, stride, padding);
    const columns = padded(width, kernelWidth, stride, padding);
    if (rows.output < 1 || columns.output < 1) {
      throw mismatch(
        nodeName,
        'conv2d',
        `an image of at least ${kernelHeight}x${kernelWidth}`,
        `x ${shapeText(x.shape)}`,
      );
    }
    return { kind: 'batch', type: 'f32', shape: [rows.output, columns.output, count] };
  },

  forward(emit, node) {
    const g = geometryOf(node);
    const filters = inputOf(node, 1);
    const inner = g.kernelHeight * g.kernelWidth * g.channels;
    const packed = emit.prepared(`pack ${filters.name}`, emit.packedBytes(inner, g.filters), (program, buffer) =>
      program.call('pack', buffer, emit.value(filters), inner, g.filters),
    );
    const frame = paddedInput(emit, node, g);
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emit.call('conv2d', output, frame, packed, bias, code, ...argumentsOf(emit.samples, g));
  },

  gradient(emit, node) {
    const g = geometryOf(node);
    emit.contribute(inputOf(node, 1), (target) => {
      const inner = g.kernelHeight * g.kernelWidth * g.channels;
      const rows = g.outputHeight * g.outputWidth;
      const scratch = emit.temporary(emit.scratchBytes(rows, g.filters, inner) / 4);
      const frame = paddedInput(emit, node, g);
      const outputGradient = emit.outputGradient(node);
      emit.call('conv2dFilterGradient', target, frame, outputGradient, scratch, ...argumentsOf(emit.samples, g));
    });
    emit.contribute(inputOf(node, 0), (target) => emitInputGradient(emit, node, g, target));
  },

  reference(given) {
    const g = geometryOf(given.node);
    const [x, filters] = [valuesOf(given, 0), valuesOf(given, 1)];
    const count = g.filters;
    const y = new Float64Array(given.samples * g.outputHeight * g.outputWidth * count);
    let at = 0;
    for (let sample = 0; sample < given.samples; sample++)
      for (let row = 0; row < g.outputHeight; row++)
        for (let column = 0; column < g.outputWidth; column++) {
          for (let kernelY = 0; kernelY < g.kernelHeight; kernelY++)
            for (let kernelX = 0; kernelX < g.kernelWidth; kernelX++) {
              const inputY = row * g.stride + kernelY - g.top;
              const inputX = column * g.stride + kernelX - g.left;
              if (inputY < 0 || inputY >= g.height || inputX < 0 || inputX >= g.width) continue;
              const pixel = ((sample * g.height + inputY) * g.width + inputX) * g.channels;
              const weight = (kernelY * g.kernelWidth + kernelX) * g.channels;
              for (let channel = 0; channel < g.channels; channel++) {
                const value = x[pixel + channel] ?? 0;
                const first = (weight + channel) * count;
                for (let filter = 0; filter < count; filter++) {
                  y[at + filter] = (y[at + filter] ?? 0) + value * (filters[first + filter] ?? 0);
                }
              }
            }
          at += count;
        }
    return y;
  },
};

interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly filters: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
  readonly paddedHeight: number;
  readonly paddedWidth: number;
}

function geometryOf(node: OpNode): Geometry {
  const { stride, padding } = node.attributes as v.InferOutput<typeof attributes>;
  const [height = 0, width = 0, channels = 0] = inputOf(node, 0).shape;
  const [kernelHeight = 0, kernelWidth = 0, , filters = 0] = inputOf(node, 1).shape;
  const rows = padded(height, kernelHeight, stride, padding);
  const columns = padded(width, kernelWidth, stride, padding);
  return {
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    outputHeight: rows.output,
    outputWidth: columns.output,
    filters,
    stride,
    top: rows.before,
    left: columns.before,
    paddedHeight: rows.padded,
    paddedWidth: columns.padded,
  };
}

function argumentsOf(samples: number, g: Geometry) {
  const { paddedHeight, paddedWidth, channels, kernelHeight, kernelWidth, outputHeight, outputWidth, filters, stride } =
    g;
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
    stride,
    stride,
  ] as const;
}

/** The input in a frame of zeros, made once for forward and backward; the input itself where no zeros are needed. */
function paddedInput(emit: Emitter, node: OpNode, g: Geometry): Buffer {
  const x = inputOf(node);
  if (g.paddedHeight === g.height && g.paddedWidth === g.width) return emit.value(x);
  return emit.derived(`padded for ${node.name}`, () => {
    const frame = emit.temporary(emit.samples * g.paddedHeight * g.paddedWidth * g.channels);
    const { height, width, channels, top, left, paddedHeight, paddedWidth } = g;
    const source = emit.value(x);
    emit.call('pad', frame, source, emit.samples, height, width, channels, top, left, 1, 1, paddedHeight, paddedWidth);
    return frame;
  });
}

/** The output gradient, spread by the stride into a frame, convolved with the rotated filters. */
function emitInputGradient(emit: Emitter, node: OpNode, g: Geometry, target: Buffer): void {
  const filters = inputOf(node, 1);
  const { kernelHeight, kernelWidth, channels, stride } = g;
  const inner = kernelHeight * kernelWidth * g.filters;
  const bytes = emit.packedBytes(inner, channels);
  const packed = emit.prepared(`pack rotated ${filters.name}`, bytes, (program, buffer) =>
    program.call('packRotated', buffer, emit.value(filters), kernelHeight, kernelWidth, channels, g.filters),
  );
  const [frameHeight, frameWidth] = [g.height + kernelHeight - 1, g.width + kernelWidth - 1];
  const frame = emit.temporary(emit.samples * frameHeight * frameWidth * g.filters);
  const [top, left] = [kernelHeight - 1 - g.top, kernelWidth - 1 - g.left];
  emit.call(
    'pad',
    frame,
    emit.outputGradient(node),
    emit.samples,
    g.outputHeight,
    g.outputWidth,
    g.filters,
    top,
    left,
    stride,
    stride,
    frameHeight,
    frameWidth,
  );
  const geometry = { ...g, height: g.height, width: g.width, channels: g.filters, filters: channels, stride: 1 };
  const moved = { outputHeight: g.height, outputWidth: g.width, paddedHeight: frameHeight, paddedWidth: frameWidth };
  emit.call('conv2d', target, frame, packed, 0, 0, ...argumentsOf(emit.samples, { ...geometry, ...moved }));
}
