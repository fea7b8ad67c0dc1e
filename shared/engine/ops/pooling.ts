// Pooling over NHWC images: each channel's maximum or mean in a window, or in the whole image. With padding `same`,
// windows reach over the border and only the cells inside count.

import * as v from 'valibot';
import type { Emitter } from '../emitter.ts';
import { shapeText } from '../shape.ts';
import {
  inputOf,
  mismatch,
  noAttributes,
  type Op,
  type OpNode,
  type ReferenceArguments,
  requireBatch,
  type TensorType,
  takeInputs,
  valuesOf,
} from './op.ts';
import { padded, paddingSchema, strideSchema } from './window.ts';

const attributes = v.pipe(
  v.strictObject({
    size: strideSchema,
    stride: v.optional(strideSchema),
    padding: v.optional(paddingSchema, 'valid'),
  }),
  v.transform((given) => ({ ...given, stride: given.stride ?? given.size })),
);

type Attributes = v.InferOutput<typeof attributes>;

export const maxPool: Op = {
  name: 'maxPool',
  attributes,
  infer: (inputs, given, nodeName) => inferPooling(inputs, given as Attributes, nodeName, 'maxPool'),
  forward(emit, node) {
    const [output, argmax] = [emit.value(node.output), argmaxOf(emit, node)];
    emit.call('maxPool', output, argmax, emit.value(inputOf(node)), ...geometryOf(emit.samples, node));
  },
  gradient(emit, node) {
    const x = inputOf(node);
    emit.contribute(x, (target) => {
      const [outputGradient, argmax] = [emit.outputGradient(node), argmaxOf(emit, node)];
      emit.call('maxPoolGradient', target, outputGradient, argmax, emit.elements(x), emit.elements(node.output));
    });
  },
  reference(given) {
    const x = valuesOf(given);
    return pool(given, (cells) => {
      let best = cells[0] ?? 0;
      for (const cell of cells) if ((x[cell] ?? 0) > (x[best] ?? 0)) best = cell;
      given.choose(best);
      return x[best] ?? 0;
    });
  },
};

export const averagePool: Op = {
  name: 'averagePool',
  attributes,
  infer: (inputs, given, nodeName) => inferPooling(inputs, given as Attributes, nodeName, 'averagePool'),
  forward(emit, node) {
    emit.call('averagePool', emit.value(node.output), emit.value(inputOf(node)), ...geometryOf(emit.samples, node));
  },
  gradient(emit, node) {
    emit.contribute(inputOf(node), (target) =>
      emit.call('averagePoolGradient', target, emit.outputGradient(node), ...geometryOf(emit.samples, node)),
    );
  },
  reference(given) {
    const x = valuesOf(given);
    return pool(given, (cells) => cells.reduce((sum, cell) => sum + (x[cell] ?? 0), 0) / cells.length);
  },
};

/** Each channel's mean over the whole image: [height, width, channels] to [channels]. */
export const globalAveragePool: Op = {
  name: 'globalAveragePool',
  attributes: noAttributes,
  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'globalAveragePool');
    requireBatch(x, nodeName, 'globalAveragePool');
    const [, , channels] = x.shape;
    if (x.shape.length !== 3 || channels === undefined) {
      throw mismatch(nodeName, 'globalAveragePool', 'x [height, width, channels]', shapeText(x.shape));
    }
    return { kind: 'batch', type: 'f32', shape: [channels] };
  },
  forward(emit, node) {
    emit.call('averagePool', emit.value(node.output), emit.value(inputOf(node)), ...wholeImage(emit.samples, node));
  },
  gradient(emit, node) {
    emit.contribute(inputOf(node), (target) =>
      emit.call('averagePoolGradient', target, emit.outputGradient(node), ...wholeImage(emit.samples, node)),
    );
  },
  reference(given) {
    const [height = 0, width = 0, channels = 0] = inputOf(given.node).shape;
    const pixels = height * width;
    const output = new Float64Array(given.samples * channels);
    valuesOf(given).forEach((value, at) => {
      const cell = Math.floor(at / (pixels * channels)) * channels + (at % channels);
      output[cell] = (output[cell] ?? 0) + value / pixels;
    });
    return output;
  },
};

function inferPooling(inputs: Parameters<Op['infer']>[0], given: Attributes, nodeName: string, op: string): TensorType {
  const [x] = takeInputs(inputs, ['x'], nodeName, op);
  requireBatch(x, nodeName, op);
  const [height = 0, width = 0, channels = 0] = x.shape;
  const rows = padded(height, given.size, given.stride, given.padding);
  const columns = padded(width, given.size, given.stride, given.padding);
  if (x.shape.length !== 3 || rows.output < 1 || columns.output < 1) {
    throw mismatch(
      nodeName,
      op,
      `x [height, width, channels] of at least ${given.size}x${given.size}`,
      shapeText(x.shape),
    );
  }
  if (typeof given.padding === 'number' && 2 * given.padding > given.size) {
    throw mismatch(nodeName, op, `padding of at most half the window's size of ${given.size}`, `${given.padding}`);
  }
  return { kind: 'batch', type: 'f32', shape: [rows.output, columns.output, channels] };
}

function windowsOf(node: OpNode) {
  const { size, stride, padding } = node.attributes as Attributes;
  const [height = 0, width = 0, channels = 0] = inputOf(node).shape;
  const rows = padded(height, size, stride, padding);
  const columns = padded(width, size, stride, padding);
  return { height, width, channels, size, stride, rows, columns };
}

/** The kernels' geometry arguments. */
function geometryOf(samples: number, node: OpNode) {
  const { height, width, channels, size, stride, rows, columns } = windowsOf(node);
  const [top, left, outputHeight, outputWidth] = [rows.before, columns.before, rows.output, columns.output];
  return [samples, height, width, channels, size, size, stride, stride, top, left, outputHeight, outputWidth] as const;
}

/** The kernels' arguments for one window as large as the image. */
function wholeImage(samples: number, node: OpNode) {
  const [height = 0, width = 0, channels = 0] = inputOf(node).shape;
  return [samples, height, width, channels, height, width, 1, 1, 0, 0, 1, 1] as const;
}

/** Where forward leaves each window's choice for backward. */
function argmaxOf(emit: Emitter, node: OpNode) {
  return emit.derived(`argmax of ${node.name}`, () => emit.temporary(emit.elements(node.output)));
}

/** Calls `reduce` with the input indices of each window; the list is reused. */
function pool(given: ReferenceArguments, reduce: (cells: readonly number[]) => number): Float64Array {
  const { height, width, channels, size, stride, rows, columns } = windowsOf(given.node);
  const output = new Float64Array(given.samples * rows.output * columns.output * channels);
  const cells: number[] = [];
  let at = 0;
  for (let sample = 0; sample < given.samples; sample++)
    for (let row = 0; row < rows.output; row++)
      for (let column = 0; column < columns.output; column++) {
        const [top, left] = [row * stride - rows.before, column * stride - columns.before];
        for (let channel = 0; channel < channels; channel++) {
          cells.length = 0;
          for (let y = Math.max(0, top); y < Math.min(height, top + size); y++)
            for (let x = Math.max(0, left); x < Math.min(width, left + size); x++)
              cells.push(((sample * height + y) * width + x) * channels + channel);
          output[at] = reduce(cells);
          at += 1;
        }
      }
  return output;
}
