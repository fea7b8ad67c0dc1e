// depthwiseConv2d: each channel of an NHWC image with a filter of its own, filters [kernelHeight, kernelWidth, channels];
// strides and padding as in conv2d. F. Chollet, "Xception", CVPR 2017; A. Howard and others, "MobileNets", 2017.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import { epilogueCodes } from '../kernels.ts';
import type { Buffer } from '../program.ts';
import { shapeText } from '../shape.ts';
import { convolutionGeometry, emitFrame, emitSpread, type Geometry } from './convolution.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';
import { paddingSchema, stridesSchema } from './window.ts';

const attributes = v.strictObject({
  stride: v.optional(stridesSchema, 1),
  padding: v.optional(paddingSchema, 'valid'),
});

export const depthwiseConv2d: Op = {
  name: 'depthwiseConv2d',
  attributes,

  infer(inputs, given, nodeName) {
    const [x, filters] = takeInputs(inputs, ['x', 'filters'], nodeName, 'depthwiseConv2d');
    requireBatch(x, nodeName, 'depthwiseConv2d');
    const [kernelHeight, kernelWidth, channels, ...more] = filters.shape;
    const fits = filters.kind === 'parameter' && x.shape.length === 3 && channels === x.shape[2];
    if (!fits || kernelHeight === undefined || kernelWidth === undefined || channels === undefined || more.length > 0) {
      const expected = 'x [height, width, channels] and a parameter [kernelHeight, kernelWidth, channels]';
      const found = `x ${shapeText(x.shape)} and ${filters.kind} ${shapeText(filters.shape)}`;
      throw mismatch(nodeName, 'depthwiseConv2d', expected, found);
    }
    const options = given as v.InferOutput<typeof attributes>;
    const { outputHeight, outputWidth } = convolutionGeometry(x.shape, filters.shape, channels, options);
    if (outputHeight < 1 || outputWidth < 1) {
      const expected = `an image of at least ${kernelHeight}x${kernelWidth}`;
      throw mismatch(nodeName, 'depthwiseConv2d', expected, `x ${shapeText(x.shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape: [outputHeight, outputWidth, channels] };
  },

  forward(emit, node) {
    const g = geometryOf(node);
    const frame = paddedInput(emit, node, g);
    const { bias, code, output } = takeOverEpilogue(emit, node, ['bias', 'activation']);
    emit.call('depthwiseConv2d', output, frame, emit.value(inputOf(node, 1)), bias, code, ...argumentsOf(emit, g));
  },

  gradient(emit, node) {
    const g = geometryOf(node);
    const filters = inputOf(node, 1);
    emit.contribute(filters, (target) => {
      const frame = paddedInput(emit, node, g);
      emit.call('depthwiseFilterGradient', target, frame, emit.outputGradient(node), ...argumentsOf(emit, g));
    });
    emit.contribute(inputOf(node), (target) => {
      const positions = g.kernelHeight * g.kernelWidth;
      const bytes = 4 * positions * g.channels;
      const rotated = emit.prepared(`rotated ${filters.name}`, bytes, (program, buffer) =>
        program.call('reverseRows', buffer, emit.value(filters), positions, g.channels),
      );
      const { frame, frameHeight, frameWidth } = emitSpread(emit, emit.outputGradient(node), g.channels, g);
      const moved = {
        paddedHeight: frameHeight,
        paddedWidth: frameWidth,
        outputHeight: g.height,
        outputWidth: g.width,
      };
      const given = argumentsOf(emit, { ...g, ...moved, strideY: 1, strideX: 1 });
      emit.call('depthwiseConv2d', target, frame, rotated, 0, epilogueCodes.none, ...given);
    });
  },

  reference(given) {
    const g = geometryOf(given.node);
    const [x, filters] = [valuesOf(given, 0), valuesOf(given, 1)];
    const { channels } = g;
    const output = new Float64Array(given.samples * g.outputHeight * g.outputWidth * channels);
    for (let at = 0; at < output.length; at++) {
      const [channel, pixel] = [at % channels, Math.floor(at / channels)];
      const [column, line] = [pixel % g.outputWidth, Math.floor(pixel / g.outputWidth)];
      const [row, sample] = [line % g.outputHeight, Math.floor(line / g.outputHeight)];
      for (let kernelY = 0; kernelY < g.kernelHeight; kernelY++)
        for (let kernelX = 0; kernelX < g.kernelWidth; kernelX++) {
          const [inputY, inputX] = [row * g.strideY + kernelY - g.top, column * g.strideX + kernelX - g.left];
          if (inputY < 0 || inputY >= g.height || inputX < 0 || inputX >= g.width) continue;
          const value = x[((sample * g.height + inputY) * g.width + inputX) * channels + channel] ?? 0;
          const weight = filters[(kernelY * g.kernelWidth + kernelX) * channels + channel] ?? 0;
          output[at] = (output[at] ?? 0) + value * weight;
        }
    }
    return output;
  },
};

function geometryOf(node: OpNode): Geometry {
  const { shape } = inputOf(node, 1);
  const given = node.attributes as v.InferOutput<typeof attributes>;
  return convolutionGeometry(inputOf(node).shape, shape, shape[2] ?? 0, given);
}

/** The kernels' last arguments. */
function argumentsOf({ samples }: Emitter, g: Geometry) {
  const { paddedHeight, paddedWidth, channels, kernelHeight, kernelWidth, outputHeight, outputWidth } = g;
  return [
    samples,
    paddedHeight,
    paddedWidth,
    channels,
    kernelHeight,
    kernelWidth,
    outputHeight,
    outputWidth,
    g.strideY,
    g.strideX,
  ] as const;
}

/** The input in a frame of zeros, made once for forward and backward. */
function paddedInput(emit: Emitter, node: OpNode, g: Geometry): Buffer {
  return emit.derived(`padded for ${node.name}`, () => emitFrame(emit, emit.value(inputOf(node)), g));
}
