// concat: tensors one behind the other along an axis.

import * as v from 'valibot';
import { elementsOf, type Shape, shapeText } from '../shape.ts';
import { around, axisOf, axisSchema, withLength } from './axis.ts';
import { mismatch, type Op, type OpNode, requireBatch } from './op.ts';

const attributes = v.strictObject({ axis: v.optional(axisSchema, -1) });

type Attributes = v.InferOutput<typeof attributes>;

export const concat: Op = {
  name: 'concat',
  attributes,

  infer(inputs, given, nodeName) {
    const [first] = inputs;
    if (first === undefined) throw mismatch(nodeName, 'concat', 'at least one input', '0');
    for (const input of inputs) requireBatch(input, nodeName, 'concat');
    const { axis } = given as Attributes;
    const dimension = axisOf(axis, first.shape, nodeName, 'concat');
    const others = (shape: Shape) => withLength(dimension, shape, 0).join();
    const misfit = inputs.find(({ shape }) => others(shape) !== others(first.shape));
    if (misfit !== undefined) {
      const expected = `inputs like ${shapeText(first.shape)} but along axis ${axis}`;
      throw mismatch(nodeName, 'concat', expected, `${misfit.name} ${shapeText(misfit.shape)}`);
    }
    const length = inputs.reduce((sum, { shape }) => sum + (shape[dimension] ?? 0), 0);
    return { kind: 'batch', type: 'f32', shape: withLength(dimension, first.shape, length) };
  },

  forward(emit, node) {
    const { outer, stride, runs } = parts(node);
    const blocks = emit.samples * outer;
    for (const { input, first, elements } of runs) {
      emit.call('copyBlocks', emit.value(node.output), first, stride, emit.value(input), 0, elements, blocks, elements);
    }
  },

  gradient(emit, node) {
    const { outer, stride, runs } = parts(node);
    const blocks = emit.samples * outer;
    for (const { input, first, elements } of runs) {
      emit.contribute(input, (target) =>
        emit.call('copyBlocks', target, 0, elements, emit.outputGradient(node), first, stride, blocks, elements),
      );
    }
  },

  reference({ node, inputs, samples }) {
    const { outer, stride, runs } = parts(node);
    const output = new Float64Array(samples * elementsOf(node.output.shape));
    for (let block = 0; block < samples * outer; block++) {
      runs.forEach(({ first, elements }, index) => {
        const from = inputs[index] ?? new Float64Array(0);
        output.set(from.subarray(block * elements, (block + 1) * elements), block * stride + first);
      });
    }
    return output;
  },
};

/** Blocks of the output, how far apart they are, and each input's run in a block. */
function parts(node: OpNode) {
  const { axis } = node.attributes as Attributes;
  const { outer, length, inner } = around(axis, node.output.shape);
  let first = 0;
  const runs = node.inputs.map((input) => {
    const elements = around(axis, input.shape).length * inner;
    first += elements;
    return { input, first: first - elements, elements };
  });
  return { outer, stride: length * inner, runs };
}
