// Losses: one sum over the samples, and the gradient of that sum. Accuracy has no useful gradient, so it is no loss.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, lastOf, shapeText } from '../shape.ts';
import { positiveSum } from '../sum_range.ts';
import {
  describeTensor,
  inputOf,
  mismatch,
  noAttributes,
  type Op,
  type OpNode,
  requireBatch,
  requireLabels,
  type Tensor,
  type TensorType,
  takeInputs,
  valuesOf,
} from './op.ts';

const sumType: TensorType = { kind: 'sum', type: 'f32', shape: [] };

/** Logits [..., classes] and a class label [...] for each row of them. */
export function inferClassification(inputs: Parameters<Op['infer']>[0], nodeName: string, op: string): TensorType {
  const [logits, labels] = takeInputs(inputs, ['logits', 'labels'], nodeName, op);
  requireClasses(logits, nodeName, op);
  requireLabels(labels, nodeName, op);
  const rows = logits.shape.slice(0, -1);
  // One label may also come as [1].
  const isSingle = rows.length === 0 && elementsOf(labels.shape) === 1;
  if (!isSingle && labels.shape.join() !== rows.join()) {
    const expected = `class labels ${shapeText(rows)} for logits ${shapeText(logits.shape)}`;
    throw mismatch(nodeName, op, expected, describeTensor(labels));
  }
  return sumType;
}

/** Refuses an input that is not rows of logits. */
export function requireClasses(logits: Tensor, nodeName: string, op: string): void {
  requireBatch(logits, nodeName, op);
  if (logits.shape.length === 0) throw mismatch(nodeName, op, 'logits [..., classes]', shapeText(logits.shape));
}

/** −log softmax(logits)[label], summed over the samples and the positions in them. */
export const softmaxCrossEntropy: Op = {
  name: 'softmaxCrossEntropy',
  attributes: noAttributes,
  infer: (inputs, _attributes, nodeName) => inferClassification(inputs, nodeName, 'softmaxCrossEntropy'),
  forward(emit, node) {
    if (!givesGradient(emit, node)) emitCrossEntropy(emit, node, 0);
  },
  gradient(emit, node) {
    emit.contribute(inputOf(node), (target) => emitCrossEntropy(emit, node, target));
  },
  sumRange: () => positiveSum,
  reference(given) {
    const { exp, log } = given.mathematics;
    const [logits, labels] = [valuesOf(given, 0), valuesOf(given, 1)];
    const classes = lastOf(inputOf(given.node).shape);
    let sum = 0;
    for (let at = 0; at < labels.length; at++) {
      const row = logits.subarray(at * classes, (at + 1) * classes);
      const highest = Math.max(...row);
      const total = row.reduce((before, logit) => before + exp(logit - highest), 0);
      sum += log(total) - ((row[labels[at] ?? 0] ?? 0) - highest);
    }
    return Float64Array.of(sum);
  },
};

function emitCrossEntropy(emit: Emitter, node: OpNode, gradient: Buffer | 0): void {
  const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
  const classes = lastOf(logits.shape);
  const [sum, values] = [emit.value(node.output), emit.value(logits)];
  emit.call('softmaxCrossEntropy', sum, gradient, values, emit.labels(labels, classes), emit.rows(logits), classes);
}

/** ½ Σ (y − t)², summed over the samples. */
export const sumOfSquaredErrors: Op = {
  name: 'sumOfSquaredErrors',
  attributes: noAttributes,
  infer(inputs, _attributes, nodeName) {
    const [output, target] = takeInputs(inputs, ['output', 'target'], nodeName, 'sumOfSquaredErrors');
    requireBatch(output, nodeName, 'sumOfSquaredErrors');
    requireBatch(target, nodeName, 'sumOfSquaredErrors');
    if (output.shape.join() !== target.shape.join()) {
      throw mismatch(nodeName, 'sumOfSquaredErrors', `targets ${shapeText(output.shape)}`, shapeText(target.shape));
    }
    return sumType;
  },
  forward(emit, node) {
    if (!givesGradient(emit, node)) emitSquaredErrors(emit, node, 0);
  },
  gradient(emit, node) {
    const [output, target] = [inputOf(node, 0), inputOf(node, 1)];
    emit.contribute(output, (gradient) => emitSquaredErrors(emit, node, gradient));
    // A target that is computed from parameters (of a second network, say) learns too, by the opposite gradient.
    emit.contribute(target, (gradient) => {
      emitSquaredErrors(emit, node, gradient);
      emit.call('scale', gradient, gradient, emit.elements(target), -1, 0);
    });
  },
  sumRange: () => positiveSum,
  reference(given) {
    const target = valuesOf(given, 1);
    return Float64Array.of(valuesOf(given).reduce((sum, y, at) => sum + 0.5 * (y - (target[at] ?? 0)) ** 2, 0));
  },
};

function emitSquaredErrors(emit: Emitter, node: OpNode, gradient: Buffer | 0): void {
  const [output, target] = [inputOf(node, 0), inputOf(node, 1)];
  const sum = emit.value(node.output);
  emit.call('sumOfSquaredErrors', sum, gradient, emit.value(output), emit.value(target), emit.elements(output));
}

/** In training, the kernel of the loss gives sum and gradient in one pass, from the gradient rule. */
function givesGradient(emit: Emitter, node: OpNode): boolean {
  return emit.isLoss(node) && node.inputs.some((input) => emit.needsGradient(input));
}
