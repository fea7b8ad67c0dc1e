// conv2dTranspose: what a conv2d's input gradient does, forward: each pixel of an NHWC image spreads a filter over a larger
// one. Filters [kernelHeight, kernelWidth, filters, channels]: those of the convolution that goes back. M. Zeiler and
// others, "Deconvolutional networks", CVPR 2010.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { shapeText } from '../shape.ts';
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
import { type Padding, paddingSchema, strideSchema } from './window.ts';

const attributes = v.strictObject({ stride: v.optional(strideSchema, 1), padding: v.optional(paddingSchema, 'valid') });

type Attributes = v.InferOutput<typeof attributes>;

export const conv2dTranspose: Op = {
  name: 'conv2dTranspose',
  attributes,

  infer(inputs, given, nodeName) {
    const [x, filters] = takeInputs(inputs, ['x', 'filters'], nodeName, 'conv2dTranspose');
    requireBatch(x, nodeName, 'conv2dTranspose');
    const [kernelHeight, kernelWidth, count, channels] = filters.shape;
    const [height, width] = x.shape;
    const fits = filters.kind === 'parameter' && x.shape.length === 3 && channels === x.shape[2];
    if (!fits || kernelHeight === undefined || kernelWidth === undefined || count === undefined) {
      const expected = 'x [height, width, channels] and a parameter [kernelHeight, kernelWidth, filters, channels]';
      const found = `x ${shapeText(x.shape)} and ${filters.kind} ${shapeText(filters.shape)}`;
      throw mismatch(nodeName, 'conv2dTranspose', expected, found);
    }
    const { stride, padding } = given as Attributes;
    const rows = spreadSize(height ?? 0, kernelHeight, stride, padding);
    const columns = spreadSize(width ?? 0, kernelWidth, stride, padding);
    if (rows < 1 || columns < 1) {
      const expected = `padding that leaves an image of ${shapeText(x.shape)} something`;
      throw mismatch(nodeName, 'conv2dTranspose', expected, `${padding}`);
    }
    return { kind: 'batch', type: 'f32', shape: [rows, columns, count] };
  },

  forward(emit, node) {
    const [x, filters] = [inputOf(node, 0), inputOf(node, 1)];
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emitBackwards(emit, emit.value(x), filters, geometryOf(node), { target: output, bias, code });
  },

  gradient(emit, node) {
    const g = geometryOf(node);
    const [x, filters] = [inputOf(node, 0), inputOf(node, 1)];
    emit.contribute(filters, (target) =>
      emitFilterGradient(emit, target, paddedGradient(emit, node, g), emit.value(x), g),
    );
    emit.contribute(x, (target) => {
      const packed = packedFilters(emit, filters, g);
      emit.call(
        'conv2d',
        target,
        paddedGradient(emit, node, g),
        packed,
        0,
        0,
        ...convolutionArguments(emit.samples, g),
      );
    });
  },

  reference(given) {
    const g = geometryOf(given.node);
    const [x, filters] = [valuesOf(given, 0), valuesOf(given, 1)];
    const output = new Float64Array(given.samples * g.height * g.width * g.channels);
    x.forEach((value, at) => {
      const [channel, pixel] = [at % g.filters, Math.floor(at / g.filters)];
      const [column, line] = [pixel % g.outputWidth, Math.floor(pixel / g.outputWidth)];
      const [row, sample] = [line % g.outputHeight, Math.floor(line / g.outputHeight)];
      for (let kernelY = 0; kernelY < g.kernelHeight; kernelY++)
        for (let kernelX = 0; kernelX < g.kernelWidth; kernelX++) {
          const [y, x0] = [row * g.strideY + kernelY - g.top, column * g.strideX + kernelX - g.left];
          if (y < 0 || y >= g.height || x0 < 0 || x0 >= g.width) continue;
          const to = ((sample * g.height + y) * g.width + x0) * g.channels;
          const weight = (kernelY * g.kernelWidth + kernelX) * g.channels;
          for (let filter = 0; filter < g.channels; filter++) {
            const factor = filters[(weight + filter) * g.filters + channel] ?? 0;
            output[to + filter] = (output[to + filter] ?? 0) + value * factor;
          }
        }
    });
    return output;
  },
};

/** The size that a convolution with this window makes `size` of: `same` gives size * stride. */
function spreadSize(size: number, window: number, stride: number, padding: Padding): number {
  if (padding === 'same') return size * stride;
  return (size - 1) * stride + window - (padding === 'valid' ? 0 : 2 * padding);
}

/** Of the convolution that goes back: from this node's output to its input. */
function geometryOf(node: OpNode): Geometry {
  const { shape } = inputOf(node, 1);
  return convolutionGeometry(node.output.shape, shape, shape[3] ?? 0, node.attributes as Attributes);
}

function paddedGradient(emit: Emitter, node: OpNode, g: Geometry): Buffer {
  return emit.derived(`padded gradient of ${node.name}`, () => emitFrame(emit, emit.outputGradient(node), g));
}
