// upsample: NHWC images as many times as high and wide as `factor` says, by copying the nearest pixel or bilinearly between
// pixels' centres (the corners are not aligned: PyTorch's default).

import * as v from 'valibot';
import { wholeNumber } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import type { Kernels } from '../generated/kernels.ts';
import { shapeText } from '../shape.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

export const upsampleFactorSchema = wholeNumber(1, 64);

export const upsampleMethodSchema = v.picklist(['nearest', 'bilinear']);

const attributes = v.strictObject({
  factor: upsampleFactorSchema,
  method: v.optional(upsampleMethodSchema, 'nearest'),
});

type Attributes = v.InferOutput<typeof attributes>;

interface Method {
  readonly forward: keyof Kernels & `upsample${string}`;
  readonly gradient: keyof Kernels & `upsample${string}`;
  /** The two rows (or columns) of the input that one of the output lies between, and the second's weight. */
  readonly between: (
    at: number,
    size: number,
    factor: number,
  ) => readonly [first: number, second: number, weight: number];
}

const methods: Readonly<Record<Attributes['method'], Method>> = {
  nearest: {
    forward: 'upsampleNearest',
    gradient: 'upsampleNearestGradient',
    between: (at, _size, factor) => [Math.floor(at / factor), Math.floor(at / factor), 0],
  },
  bilinear: {
    forward: 'upsampleBilinear',
    gradient: 'upsampleBilinearGradient',
    between(at, size, factor) {
      const position = (at + 0.5) / factor - 0.5;
      const first = Math.floor(position);
      return [Math.max(first, 0), Math.min(first + 1, size - 1), position - first];
    },
  },
};

export const upsample: Op = {
  name: 'upsample',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'upsample');
    requireBatch(x, nodeName, 'upsample');
    const { factor } = given as Attributes;
    const [height, width, channels, ...more] = x.shape;
    if (height === undefined || width === undefined || channels === undefined || more.length > 0) {
      throw mismatch(nodeName, 'upsample', 'x [height, width, channels]', shapeText(x.shape));
    }
    return { kind: 'batch', type: 'f32', shape: [factor * height, factor * width, channels] };
  },

  forward(emit, node) {
    emit.call(methodOf(node).forward, emit.value(node.output), emit.value(inputOf(node)), ...geometryOf(emit, node));
  },

  gradient(emit, node) {
    emit.contribute(inputOf(node), (target) =>
      emit.call(methodOf(node).gradient, target, emit.outputGradient(node), ...geometryOf(emit, node)),
    );
  },

  reference(given) {
    const { node, samples } = given;
    const { factor } = node.attributes as Attributes;
    const { between } = methodOf(node);
    const [height = 0, width = 0, channels = 0] = inputOf(node).shape;
    const x = valuesOf(given);
    const output = new Float64Array(x.length * factor ** 2);
    let at = 0;
    for (let sample = 0; sample < samples; sample++)
      for (let row = 0; row < factor * height; row++)
        for (let column = 0; column < factor * width; column++)
          for (let channel = 0; channel < channels; channel++, at++) {
            const [top, bottom, below] = between(row, height, factor);
            const [left, right, beside] = between(column, width, factor);
            const cell = (y: number, x0: number) => x[((sample * height + y) * width + x0) * channels + channel] ?? 0;
            const [upper, lower] = [top, bottom].map((y) => (1 - beside) * cell(y, left) + beside * cell(y, right));
            output[at] = (1 - below) * (upper ?? 0) + below * (lower ?? 0);
          }
    return output;
  },
};

function methodOf(node: OpNode): Method {
  return methods[(node.attributes as Attributes).method];
}

/** The kernels' last arguments. */
function geometryOf({ samples }: Emitter, node: OpNode) {
  const [height = 0, width = 0, channels = 0] = inputOf(node).shape;
  return [samples, height, width, channels, (node.attributes as Attributes).factor] as const;
}
