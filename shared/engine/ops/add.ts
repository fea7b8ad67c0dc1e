// add: y = left + right, tensors of one shape: residual connections.

import { shapeText } from '../shape.ts';
import { inputOf, mismatch, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

export const add: Op = {
  name: 'add',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [left, right] = takeInputs(inputs, ['left', 'right'], nodeName, 'add');
    requireBatch(left, nodeName, 'add');
    requireBatch(right, nodeName, 'add');
    if (left.shape.join() !== right.shape.join()) {
      throw mismatch(nodeName, 'add', `right ${shapeText(left.shape)}, as left`, shapeText(right.shape));
    }
    return { kind: 'batch', type: 'f32', shape: left.shape };
  },

  forward(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    emit.call('add', emit.value(node.output), emit.value(left), emit.value(right), emit.elements(left));
  },

  gradient(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    // The copy first: the left side may take the output's gradient over and work on in place.
    emit.contribute(right, (target) => emit.call('copy', target, emit.outputGradient(node), emit.elements(right)));
    emit.contributeInPlace(left, node, (target, outputGradient) => {
      if (target !== outputGradient) emit.call('copy', target, outputGradient, emit.elements(left));
    });
  },

  reference(given) {
    const right = valuesOf(given, 1);
    return valuesOf(given).map((left, at) => left + (right[at] ?? 0));
  },
};
