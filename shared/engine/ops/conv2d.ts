// conv2d: cross-correlation of NHWC images [height, width, channels] with filters [kernelHeight, kernelWidth, channels,
// filters]. Padding `same`: output = ceil(input / stride), the odd zero row at the bottom right; `valid`: none; a number: as
// many zeros on each side.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import { epilogueCodes } from '../kernels.ts';
import type { Buffer } from '../program.ts';
import { lastOf, shapeText } from '../shape.ts';
import {
  convolutionArguments,
  convolutionGeometry,
  emitBackwards,
  emitFilterGradient,
  emitFrame,
  type Geometry,
  packedFilters,
} from './convolution.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';
import { bothStrides, padded, paddingSchema, stridesSchema } from './window.ts';

const attributes = v.strictObject({
  stride: v.optional(stridesSchema, 1),
  padding: v.optional(paddingSchema, 'valid'),
});

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
    const [strideY, strideX] = bothStrides(stride);
    const rows = padded(height, kernelHeight, strideY, padding);
    const columns = padded(width, kernelWidth, strideX, padding);
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
    const packed = packedFilters(emit, inputOf(node, 1), g);
    const frame = paddedInput(emit, node, g);
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emit.call('conv2d', output, frame, packed, bias, code, ...convolutionArguments(emit.samples, g));
  },

  gradient(emit, node) {
    const g = geometryOf(node);
    const filters = inputOf(node, 1);
    emit.contribute(filters, (target) =>
      emitFilterGradient(emit, target, paddedInput(emit, node, g), emit.outputGradient(node), g),
    );
    emit.contribute(inputOf(node), (target) =>
      emitBackwards(emit, emit.outputGradient(node), filters, g, { target, bias: 0, code: epilogueCodes.none }),
    );
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
              const inputY = row * g.strideY + kernelY - g.top;
              const inputX = column * g.strideX + kernelX - g.left;
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

function geometryOf(node: OpNode): Geometry {
  const given = node.attributes as v.InferOutput<typeof attributes>;
  const { shape } = inputOf(node, 1);
  return convolutionGeometry(inputOf(node).shape, shape, lastOf(shape), given);
}

/** The input in a frame of zeros, made once for forward and backward. */
function paddedInput(emit: Emitter, node: OpNode, g: Geometry): Buffer {
  return emit.derived(`padded for ${node.name}`, () => emitFrame(emit, emit.value(inputOf(node)), g));
}
