// Ops that only tests have.

import { builtInOps, registryOf } from '../../../shared/engine/op_registry.ts';
import { inputOf, noAttributes, type Op, requireBatch, takeInputs, valuesOf } from '../../../shared/engine/ops/op.ts';

/** y = 0.5 x + step + position of the program's first sample: an op that uses both variables, beside fractions. */
export const stamp: Op = {
  name: 'stamp',
  attributes: noAttributes,
  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'stamp');
    requireBatch(x, nodeName, 'stamp');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },
  forward(emit, node) {
    const [x, y] = [inputOf(node), emit.value(node.output)];
    emit.call('scale', y, emit.value(x), emit.elements(x), 0.5, emit.variable('step'));
    emit.call('scale', y, y, emit.elements(x), 1, emit.variable('firstSample'));
  },
  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, gradient) =>
      emit.call('scale', target, gradient, emit.elements(x), 0.5, 0),
    );
  },
  reference: (given) => valuesOf(given).map((x) => 0.5 * x + given.variables.step + given.variables.firstSample),
};

/** The built-in ops and those of the tests. */
export const ops = registryOf([...builtInOps.values(), stamp]);
