// reshape: the same elements of a sample under another shape; costs nothing.

import * as v from 'valibot';
import { shapeSchema } from '../graph.ts';
import { elementsOf, shapeText } from '../shape.ts';
import { inputOf, mismatch, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

const attributes = v.strictObject({ shape: shapeSchema });

export const reshape: Op = {
  name: 'reshape',
  attributes,

  infer(inputs, given, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'reshape');
    requireBatch(x, nodeName, 'reshape');
    const { shape } = given as v.InferOutput<typeof attributes>;
    if (elementsOf(shape) !== elementsOf(x.shape)) {
      const expected = `${elementsOf(x.shape)} elements, as x ${shapeText(x.shape)} has`;
      throw mismatch(nodeName, 'reshape', expected, `shape ${shapeText(shape)} of ${elementsOf(shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape };
  },

  forward(emit, node) {
    emit.aliasValue(node.output, emit.value(inputOf(node)));
  },

  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, outputGradient) => {
      if (target !== outputGradient) emit.call('copy', target, outputGradient, emit.elements(x));
    });
  },

  reference: (given) => valuesOf(given),
};
