// scale: y = x * factor + offset, from stored bytes or from f32. Pixels stay bytes until here.

import * as v from 'valibot';
import { describeTensor, inputOf, mismatch, type Op, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({
  factor: v.pipe(v.number(), v.finite()),
  offset: v.optional(v.pipe(v.number(), v.finite()), 0),
});

type Attributes = v.InferOutput<typeof attributes>;

export const scale: Op = {
  name: 'scale',
  attributes,

  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'scale');
    if (x.kind !== 'batch' || x.type === 'i32') {
      throw mismatch(nodeName, 'scale', 'a u8 or f32 tensor of each sample', describeTensor(x));
    }
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = inputOf(node);
    const { factor, offset } = node.attributes as Attributes;
    const kernel = x.type === 'u8' ? 'scaleBytes' : 'scale';
    emit.call(kernel, emit.value(node.output), emit.value(x), emit.elements(x), factor, offset);
  },

  gradient(emit, node) {
    const x = inputOf(node);
    const { factor } = node.attributes as Attributes;
    emit.contributeInPlace(x, node, (target, outputGradient) =>
      emit.call('scale', target, outputGradient, emit.elements(x), factor, 0),
    );
  },

  reference(given) {
    const { factor, offset } = given.node.attributes as Attributes;
    return valuesOf(given).map((x) => x * factor + offset);
  },
};
