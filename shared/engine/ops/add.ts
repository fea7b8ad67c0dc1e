// add: y = left + right, broadcast to one shape: residual connections, learned positions.

import { epilogueCodes } from '../kernels.ts';
import { elementsOf } from '../shape.ts';
import { expanded, inferBroadcast, isWhole, meetingIndex, rowsOf, sumRepeated } from './broadcast.ts';
import { inputOf, noAttributes, type Op, valuesOf } from './op.ts';

export const add: Op = {
  name: 'add',
  attributes: noAttributes,
  infer: (inputs, _attributes, nodeName) => inferBroadcast(inputs, nodeName, 'add'),

  forward(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const output = emit.value(node.output);
    for (const [whole, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const rows = rowsOf(emit, other, node.output);
      if (!isWhole(whole, node.output) || rows === undefined) continue;
      const { none } = epilogueCodes;
      emit.call('addBias', output, emit.value(whole), emit.value(other), rows.rows, rows.columns, none);
      return;
    }
    emit.call('add', output, expanded(emit, node, left), expanded(emit, node, right), emit.elements(node.output));
  },

  gradient(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const sides = [right, left].filter((tensor) => !isWhole(tensor, node.output));
    for (const side of sides) {
      emit.contribute(side, (target) => sumRepeated(emit, node, side, target, emit.outputGradient(node)));
    }
    // Copies first: one whole side may take the output's gradient over and work on in place.
    const [last, ...others] = [left, right].filter((tensor) => !sides.includes(tensor));
    for (const other of others) {
      emit.contribute(other, (target) => emit.call('copy', target, emit.outputGradient(node), emit.elements(other)));
    }
    if (last === undefined) return;
    emit.contributeInPlace(last, node, (target, outputGradient) => {
      if (target !== outputGradient) emit.call('copy', target, outputGradient, emit.elements(last));
    });
  },

  reference(given) {
    const { node, samples } = given;
    const [left, right] = [valuesOf(given, 0), valuesOf(given, 1)];
    const leftAt = meetingIndex(inputOf(node, 0), node.output);
    const rightAt = meetingIndex(inputOf(node, 1), node.output);
    const output = new Float64Array(samples * elementsOf(node.output.shape));
    return output.map((_, at) => (left[leftAt(at)] ?? 0) + (right[rightAt(at)] ?? 0));
  },
};
