// softmax: y = e^x / Σ e^x along an axis, the last one by default: the probability of each class, of logits.

import * as v from 'valibot';
import { shapeText } from '../shape.ts';
import { around, axisOf, axisSchema } from './axis.ts';
import { inputOf, mismatch, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({ axis: v.optional(axisSchema, -1) });

type Attributes = v.InferOutput<typeof attributes>;

export const softmax: Op = {
  name: 'softmax',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['logits'], nodeName, 'softmax');
    requireBatch(x, nodeName, 'softmax');
    if (x.shape.length === 0) throw mismatch(nodeName, 'softmax', 'logits [..., classes]', shapeText(x.shape));
    axisOf((given as Attributes).axis, x.shape, nodeName, 'softmax');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const { x, outer, length, inner } = parts(node);
    const blocks = emit.samples * outer;
    if (inner === 1) emit.call('softmax', emit.value(node.output), emit.value(x), blocks, length);
    else emit.call('softmaxAlong', emit.value(node.output), emit.value(x), blocks, length, inner);
  },

  gradient(emit, node) {
    const { x, outer, length, inner } = parts(node);
    const output = emit.value(node.output);
    emit.contributeInPlace(x, node, (target, outputGradient) =>
      emit.call('softmaxGradient', target, outputGradient, output, emit.samples * outer, length, inner),
    );
  },

  reference(given) {
    const { exp } = given.mathematics;
    const { length, inner } = parts(given.node);
    const x = valuesOf(given);
    const output = new Float64Array(x.length);
    for (let first = 0; first < x.length; first++) {
      if (Math.floor(first / inner) % length !== 0) continue;
      const places = Array.from({ length }, (_, at) => first + at * inner);
      const highest = Math.max(...places.map((at) => x[at] ?? 0));
      const total = places.reduce((sum, at) => sum + exp((x[at] ?? 0) - highest), 0);
      for (const at of places) output[at] = exp((x[at] ?? 0) - highest) / total;
    }
    return output;
  },
};

function parts(node: OpNode) {
  const x = inputOf(node);
  return { x, ...around((node.attributes as Attributes).axis, x.shape) };
}
