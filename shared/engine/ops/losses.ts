// Losses: one sum over the samples, and the gradient of that sum. Accuracy has no useful slope, so it is no loss.

import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf, shapeText } from '../shape.ts';
import {
  inputOf,
  mismatch,
  noAttributes,
  type Op,
  type OpNode,
  requireBatch,
  requireLabels,
  type TensorType,
  takeInputs,
  valuesOf,
} from './op.ts';

const sumType: TensorType = { kind: 'sum', type: 'f32', shape: [] };

/** Rows of logits and one class label each. */
export function inferClassification(inputs: Parameters<Op['infer']>[0], nodeName: string, op: string): TensorType {
  const [logits, labels] = takeInputs(inputs, ['logits', 'labels'], nodeName, op);
  requireBatch(logits, nodeName, op);
  requireLabels(labels, nodeName, op);
  if (logits.shape.length !== 1) throw mismatch(nodeName, op, 'logits [classes]', shapeText(logits.shape));
  return sumType;
}

/** −log softmax(logits)[label], summed over the samples. */
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
  reference(given) {
    const { samples, mathematics } = given;
    const [logits, labels] = [valuesOf(given, 0), valuesOf(given, 1)];
    const classes = logits.length / samples;
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) {
      const row = logits.subarray(sample * classes, (sample + 1) * classes);
      const highest = Math.max(...row);
      const total = row.reduce((before, logit) => before + mathematics.exp(logit - highest), 0);
      sum += mathematics.log(total) - ((row[labels[sample] ?? 0] ?? 0) - highest);
    }
    return Float64Array.of(sum);
  },
};

function emitCrossEntropy(emit: Emitter, node: OpNode, gradient: Buffer | 0): void {
  const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
  const classes = elementsOf(logits.shape);
  const [sum, values] = [emit.value(node.output), emit.value(logits)];
  emit.call('softmaxCrossEntropy', sum, gradient, values, emit.labels(labels, classes), emit.samples, classes);
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
    // A target that is computed from parameters (of a second network, say) learns too: by the opposite slope.
    emit.contribute(target, (gradient) => {
      emitSquaredErrors(emit, node, gradient);
      emit.call('scale', gradient, gradient, emit.elements(target), -1, 0);
    });
  },
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
