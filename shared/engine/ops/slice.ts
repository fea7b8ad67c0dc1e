// slice: a stretch of x along an axis.

import * as v from 'valibot';
import { elementsOf, shapeText } from '../shape.ts';
import { around, axisOf, axisSchema, withLength } from './axis.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const attributes = v.strictObject({
  axis: axisSchema,
  /** The first index of the stretch. */
  start: v.optional(whole, 0),
  /** How many there are. */
  length: v.pipe(whole, v.minValue(1)),
});

type Attributes = v.InferOutput<typeof attributes>;

export const slice: Op = {
  name: 'slice',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'slice');
    requireBatch(x, nodeName, 'slice');
    const { axis, start, length } = given as Attributes;
    const size = x.shape[axisOf(axis, x.shape, nodeName, 'slice')] ?? 0;
    if (start + length > size) {
      const expected = `indices below ${size} along axis ${axis} of x ${shapeText(x.shape)}`;
      throw mismatch(nodeName, 'slice', expected, `${start} to ${start + length - 1}`);
    }
    return { kind: 'batch', type: 'f32', shape: withLength(axis, x.shape, length) };
  },

  forward(emit, node) {
    const { x, first, stride, kept, outer } = parts(node);
    const blocks = emit.samples * outer;
    emit.call('copyBlocks', emit.value(node.output), 0, kept, emit.value(x), first, stride, blocks, kept);
  },

  gradient(emit, node) {
    const { x, first, stride, kept, outer } = parts(node);
    emit.contribute(x, (target) => {
      emit.call('fill', target, emit.elements(x), 0);
      emit.call('copyBlocks', target, first, stride, emit.outputGradient(node), 0, kept, emit.samples * outer, kept);
    });
  },

  reference(given) {
    const { first, stride, kept } = parts(given.node);
    const x = valuesOf(given);
    const output = new Float64Array(given.samples * elementsOf(given.node.output.shape));
    return output.map((_, at) => x[Math.floor(at / kept) * stride + first + (at % kept)] ?? 0);
  },
};

/** The slice as runs of elements: where the first one begins, how far apart they are in x, and how long and many. */
function parts(node: OpNode) {
  const x = inputOf(node);
  const { axis, start, length } = node.attributes as Attributes;
  const { outer, length: size, inner } = around(axis, x.shape);
  return { x, first: start * inner, stride: size * inner, kept: length * inner, outer };
}
