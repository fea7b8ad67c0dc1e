// Losses: one sum over the samples, and the gradient of that sum. Accuracy has no useful gradient, so it is no loss.

import * as v from 'valibot';
import { fraction } from '../../json/numbers.ts';
import type { Emitter } from '../emitter.ts';
import { noLabel } from '../kernels.ts';
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
  type ReferenceArguments,
  requireBatch,
  requireLabels,
  type Tensor,
  type TensorType,
  takeInputs,
  valuesOf,
} from './op.ts';

export const sumType: TensorType = { kind: 'sum', type: 'f32', shape: [] };

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

/** How labels are counted: what losses and metrics of classes may state. */
export const countingEntries = {
  /** The label of positions that count nothing. */
  ignored: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 30)), v.maxValue(2 ** 30))),
  /** A sample's mean over the positions that count, instead of their sum. */
  average: v.optional(v.boolean(), false),
};

const countingSchema = v.object(countingEntries);

type Counting = v.InferOutput<typeof countingSchema>;

/** The kernel's arguments that say which rows count how much: rows of a sample to be averaged, the label to be ignored. */
export function countingOf({ attributes, inputs: [, labels] }: OpNode): readonly [group: number, ignored: number] {
  const { average, ignored = noLabel } = attributes as Counting;
  return [average && labels !== undefined ? elementsOf(labels.shape) : 0, ignored];
}

/** The label of a node's positions that count nothing. */
export function ignoredBy({ attributes }: OpNode): number | undefined {
  return (attributes as Counting).ignored;
}

/** What each label counts for: 0 where it is ignored, else 1 or its part of its sample's mean. */
export function weightsOf({ node, samples }: Pick<ReferenceArguments, 'node' | 'samples'>, labels: Float64Array) {
  const { average, ignored } = node.attributes as Counting;
  const weights = labels.map((label) => (label === ignored ? 0 : 1));
  const group = labels.length / samples;
  if (!average) return weights;
  return weights.map((weight, at) => {
    const first = at - (at % group);
    return weight / Math.max(1, weights.subarray(first, first + group).filter((each) => each === 1).length);
  });
}

/** Refuses an input that is not rows of logits. */
export function requireClasses(logits: Tensor, nodeName: string, op: string): void {
  requireBatch(logits, nodeName, op);
  if (logits.shape.length === 0) throw mismatch(nodeName, op, 'logits [..., classes]', shapeText(logits.shape));
}

const crossEntropyAttributes = v.strictObject({
  ...countingEntries,
  /** The part of the target that is spread evenly over all classes, the label among them. */
  labelSmoothing: v.optional(fraction, 0),
});

type CrossEntropyAttributes = v.InferOutput<typeof crossEntropyAttributes>;

/**
 * −Σ target log softmax(logits), summed over the samples and over the positions in them or their mean. The target is 1 at the
 * label; smoothed (Szegedy and others, "Rethinking the inception architecture", CVPR 2016) it is 1 − s there, and s / classes
 * everywhere besides.
 */
export const softmaxCrossEntropy: Op = {
  name: 'softmaxCrossEntropy',
  attributes: crossEntropyAttributes,
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
    const { labelSmoothing } = given.node.attributes as CrossEntropyAttributes;
    let sum = 0;
    weightsOf(given, labels).forEach((weight, at) => {
      if (weight === 0) return;
      const row = logits.subarray(at * classes, (at + 1) * classes);
      const highest = Math.max(...row);
      const total = log(row.reduce((before, logit) => before + exp(logit - highest), 0)) + highest;
      const mean = row.reduce((before, logit) => before + logit, 0) / classes;
      sum += weight * (total - (1 - labelSmoothing) * (row[labels[at] ?? 0] ?? 0) - labelSmoothing * mean);
    });
    return Float64Array.of(sum);
  },
};

function emitCrossEntropy(emit: Emitter, node: OpNode, gradient: Buffer | 0): void {
  const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
  const classes = lastOf(logits.shape);
  const { labelSmoothing } = node.attributes as CrossEntropyAttributes;
  emit.call(
    'softmaxCrossEntropy',
    emit.value(node.output),
    gradient,
    emit.value(logits),
    emit.labels(labels, classes, ignoredBy(node)),
    emit.rows(logits),
    classes,
    ...countingOf(node),
    labelSmoothing,
  );
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
export function givesGradient(emit: Emitter, node: OpNode): boolean {
  return emit.isLoss(node) && node.inputs.some((input) => emit.needsGradient(input));
}
