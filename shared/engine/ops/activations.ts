// The activations: y = f(x), element by element, with gradients computed from y.

import type { Kernels } from '../generated/kernels.ts';
import { inputOf, type Mathematics, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from './op.ts';

type ActivationName = 'relu' | 'sigmoid' | 'tanh';

const gradientKernels = {
  relu: 'reluGradient',
  sigmoid: 'sigmoidGradient',
  tanh: 'tanhGradient',
} as const satisfies Record<ActivationName, keyof Kernels>;

function activation(
  name: ActivationName,
  f: (x: number, mathematics: Mathematics) => number,
  choiceOf?: (x: number) => number,
): Op {
  return {
    name,
    attributes: noAttributes,
    infer(inputs, _attributes, nodeName) {
      const [x] = takeInputs(inputs, ['x'], nodeName, name);
      requireBatch(x, nodeName, name);
      return { kind: 'batch', type: 'f32', shape: x.shape };
    },
    forward(emit, node) {
      const x = inputOf(node);
      emit.call(name, emit.value(node.output), emit.value(x), emit.elements(x));
    },
    gradient(emit, node) {
      const x = inputOf(node);
      emit.contributeInPlace(x, node, (target, outputGradient) =>
        emit.call(gradientKernels[name], target, outputGradient, emit.value(node.output), emit.elements(x)),
      );
    },
    reference(given) {
      return valuesOf(given).map((x) => {
        if (choiceOf !== undefined) given.choose(choiceOf(x));
        return f(x, given.mathematics);
      });
    },
  };
}

/** y = max(x, 0). Its kink at 0 has the gradient 0. */
export const relu: Op = {
  ...activation(
    'relu',
    (x) => Math.max(x, 0),
    (x) => (x > 0 ? 1 : 0),
  ),
  epilogue: () => ({ kind: 'activation', activation: 'relu' }),
};

/** y = 1 / (1 + e^−x). */
export const sigmoid = activation('sigmoid', (x, { exp }) => 1 / (1 + exp(-x)));

/** y = tanh x. */
export const tanh = activation('tanh', (x, mathematics) => mathematics.tanh(x));
