// multiply: y = left * right, element by element, broadcast to one shape: gates, gains.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf } from '../shape.ts';
import { expanded, inferBroadcast, isWhole, meetingIndex, rowsOf, sumRepeated } from './broadcast.ts';
import { inputOf, noAttributes, type Op, type OpNode, type Tensor, valuesOf } from './op.ts';

export const multiply: Op = {
  name: 'multiply',
  attributes: noAttributes,
  infer: (inputs, _attributes, nodeName) => inferBroadcast(inputs, nodeName, 'multiply'),

  forward(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const [whole, other] = isWhole(left, node.output) ? [left, right] : [right, left];
    emitProduct(emit, node, emit.value(node.output), expanded(emit, node, whole), other);
  },

  gradient(emit, node) {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    for (const [side, other] of [
      [left, right],
      [right, left],
    ] as const) {
      emit.contribute(side, (target) => {
        const outputGradient = emit.outputGradient(node);
        if (isWhole(side, node.output)) {
          emitProduct(emit, node, target, outputGradient, other);
          return;
        }
        const whole = emit.temporary(emit.elements(node.output));
        emitProduct(emit, node, whole, outputGradient, other);
        sumRepeated(emit, node, side, target, whole);
      });
    }
  },

  reference(given) {
    const { node, samples } = given;
    const [left, right] = [valuesOf(given, 0), valuesOf(given, 1)];
    const leftAt = meetingIndex(inputOf(node, 0), node.output);
    const rightAt = meetingIndex(inputOf(node, 1), node.output);
    const output = new Float64Array(samples * elementsOf(node.output.shape));
    return output.map((_, at) => (left[leftAt(at)] ?? 0) * (right[rightAt(at)] ?? 0));
  },
};

/** target = what has all of the output's elements, times a side of the node. */
function emitProduct(emit: Emitter, node: OpNode, target: Buffer, whole: Buffer, side: Tensor): void {
  const rows = isWhole(side, node.output) ? undefined : rowsOf(emit, side, node.output);
  if (rows !== undefined) {
    emit.call('multiplyRows', target, whole, emit.value(side), rows.rows, rows.columns);
  } else {
    emit.call('multiply', target, whole, expanded(emit, node, side), emit.elements(node.output));
  }
}
