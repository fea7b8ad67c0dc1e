// bias: y = x + b along the last dimension. b is a parameter [channels].

import { lastOf, shapeText } from '../shape.ts';
import { takeOverEpilogue } from './epilogue.ts';
import { inputOf, mismatch, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

export const bias: Op = {
  name: 'bias',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [x, b] = takeInputs(inputs, ['x', 'bias'], nodeName, 'bias');
    requireBatch(x, nodeName, 'bias');
    const channels = x.shape.at(-1);
    if (channels === undefined || b.kind !== 'parameter' || b.shape.length !== 1 || b.shape[0] !== channels) {
      const expected = `a parameter [${channels ?? 'channels'}] for x ${shapeText(x.shape)}`;
      throw mismatch(nodeName, 'bias', expected, `${b.kind} ${shapeText(b.shape)}`);
    }
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const [x, b] = [inputOf(node, 0), inputOf(node, 1)];
    const columns = lastOf(b.shape);
    const rows = emit.rows(x);
    const { code, output } = takeOverEpilogue(emit, node, ['activation']);
    emit.call('addBias', output, emit.value(x), emit.value(b), rows, columns, code);
  },

  epilogue: (node) => ({ kind: 'bias', bias: inputOf(node, 1) }),

  gradient(emit, node) {
    const [x, b] = [inputOf(node, 0), inputOf(node, 1)];
    const columns = lastOf(b.shape);
    const rows = emit.rows(x);
    emit.contribute(b, (target) => emit.call('sumRows', target, emit.outputGradient(node), rows, columns));
    emit.contributeInPlace(x, node, (target, outputGradient) => {
      if (target !== outputGradient) emit.call('copy', target, outputGradient, emit.elements(x));
    });
  },

  reference(given) {
    const b = valuesOf(given, 1);
    return valuesOf(given).map((x, at) => x + (b[at % b.length] ?? 0));
  },
};
