// gelu: y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), element by element. Its gradient is computed from x.

import { inputOf, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

export const gelu: Op = {
  name: 'gelu',
  attributes: noAttributes,

  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'gelu');
    requireBatch(x, nodeName, 'gelu');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = inputOf(node);
    emit.call('gelu', emit.value(node.output), emit.value(x), emit.elements(x));
  },

  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, outputGradient) =>
      emit.call('geluGradient', target, outputGradient, emit.value(x), emit.elements(x)),
    );
  },

  reference(given) {
    const { tanh } = given.mathematics;
    return valuesOf(given).map((x) => 0.5 * x * (1 + tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));
  },
};
