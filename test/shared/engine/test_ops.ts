// Ops that only tests have.

import { epilogueCodes } from '../../../shared/engine/kernels.ts';
import { builtInOps, registryOf } from '../../../shared/engine/op_registry.ts';
import {
  describeTensor,
  inputOf,
  mismatch,
  noAttributes,
  type Op,
  requireBatch,
  takeInputs,
  valuesOf,
} from '../../../shared/engine/ops/op.ts';
import { lastOf } from '../../../shared/engine/shape.ts';

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

/** y = x − running mean, which follows the mean of x over the samples: x [channels], state [channels]. */
export const center: Op = {
  name: 'center',
  attributes: noAttributes,
  infer(inputs, _attributes, nodeName) {
    const [x, mean] = takeInputs(inputs, ['x', 'mean'], nodeName, 'center');
    requireBatch(x, nodeName, 'center');
    if (mean.kind !== 'state') throw mismatch(nodeName, 'center', 'a state', describeTensor(mean));
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },
  forward(emit, node) {
    const [x, mean] = [inputOf(node, 0), inputOf(node, 1)];
    const [rows, columns] = [emit.rows(x), lastOf(x.shape)];
    emit.contributeState(mean, (target) => emit.call('sumRows', target, emit.value(x), rows, columns));
    const negative = emit.temporary(columns);
    emit.call('scale', negative, emit.value(mean), columns, -1, 0);
    emit.call('addBias', emit.value(node.output), emit.value(x), negative, rows, columns, epilogueCodes.none);
  },
  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, gradient) => emit.call('copy', target, gradient, emit.elements(x)));
  },
  reference(given) {
    const mean = valuesOf(given, 1);
    return valuesOf(given).map((x, at) => x - (mean[at % mean.length] ?? 0));
  },
};

/** The built-in ops and those of the tests. */
export const ops = registryOf([...builtInOps.values(), stamp, center]);
