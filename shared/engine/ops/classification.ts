// Ops around class labels: one-hot targets, accuracy. None of them is differentiated.

import * as v from 'valibot';
import { elementsOf, lastOf } from '../shape.ts';
import type { SumRange } from '../sum_range.ts';
import { countingEntries, countingOf, ignoredBy, inferClassification, weightsOf } from './losses.ts';
import { inputOf, type Op, type OpNode, requireLabels, takeInputs, valuesOf } from './op.ts';

const oneHotAttributes = v.strictObject({ classes: v.pipe(v.number(), v.integer(), v.minValue(1)) });

/** [..., classes] of labels [...]: 1 at the label, 0 elsewhere; targets for the sum of squared errors. */
export const oneHot: Op = {
  name: 'oneHot',
  attributes: oneHotAttributes,
  infer(inputs, attributes, nodeName) {
    const [labels] = takeInputs(inputs, ['labels'], nodeName, 'oneHot');
    requireLabels(labels, nodeName, 'oneHot');
    const { classes } = attributes as v.InferOutput<typeof oneHotAttributes>;
    return { kind: 'batch', type: 'f32', shape: [...labels.shape, classes] };
  },
  forward(emit, node) {
    const classes = lastOf(node.output.shape);
    const labels = emit.labels(inputOf(node), classes);
    emit.call('oneHot', emit.value(node.output), labels, emit.rows(node.output), classes);
  },
  reference(given) {
    const labels = valuesOf(given);
    const classes = lastOf(given.node.output.shape);
    const target = new Float64Array(labels.length * classes);
    labels.forEach((label, at) => {
      target[at * classes + label] = 1;
    });
    return target;
  },
};

/** In how many rows the largest logit (the first of equals) stands at the label; or in which part of a sample's. */
export const accuracy: Op = {
  name: 'accuracy',
  attributes: v.strictObject(countingEntries),
  infer: (inputs, _attributes, nodeName) => inferClassification(inputs, nodeName, 'accuracy'),
  forward(emit, node) {
    const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
    const classes = lastOf(logits.shape);
    const [sum, values] = [emit.value(node.output), emit.value(logits)];
    const counted = emit.labels(labels, classes, ignoredBy(node));
    emit.call('accuracy', sum, values, counted, emit.rows(logits), classes, ...countingOf(node));
  },
  sumRange: hitRange,
  reference(given) {
    const [logits, labels] = [valuesOf(given, 0), valuesOf(given, 1)];
    const classes = lastOf(inputOf(given.node).shape);
    let right = 0;
    weightsOf(given, labels).forEach((weight, at) => {
      const row = logits.subarray(at * classes, (at + 1) * classes);
      if (row.indexOf(Math.max(...row)) === labels[at]) right += weight;
    });
    return Float64Array.of(right);
  },
};

/** Of a count of rows, or of the mean part of a sample's rows. */
function hitRange(node: OpNode): SumRange {
  const isAverage = countingOf(node)[0] !== 0;
  return { minimum: 0, maximum: isAverage ? 1 : elementsOf(inputOf(node, 1).shape), isWhole: !isAverage };
}

const topAttributes = v.strictObject({ ...countingEntries, k: v.pipe(v.number(), v.integer(), v.minValue(1)) });

/** In how many rows the label's logit is among the k largest (the first of equals); or in which part of a sample's. */
export const topAccuracy: Op = {
  name: 'topAccuracy',
  attributes: topAttributes,
  infer: (inputs, _attributes, nodeName) => inferClassification(inputs, nodeName, 'topAccuracy'),
  forward(emit, node) {
    const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
    const classes = lastOf(logits.shape);
    const { k } = node.attributes as v.InferOutput<typeof topAttributes>;
    const [sum, values] = [emit.value(node.output), emit.value(logits)];
    const counted = emit.labels(labels, classes, ignoredBy(node));
    emit.call('topAccuracy', sum, values, counted, emit.rows(logits), classes, k, ...countingOf(node));
  },
  sumRange: hitRange,
  reference(given) {
    const [logits, labels] = [valuesOf(given, 0), valuesOf(given, 1)];
    const classes = lastOf(inputOf(given.node).shape);
    const { k } = given.node.attributes as v.InferOutput<typeof topAttributes>;
    let right = 0;
    weightsOf(given, labels).forEach((weight, at) => {
      const row = logits.subarray(at * classes, (at + 1) * classes);
      const label = labels[at] ?? 0;
      const own = row[label] ?? 0;
      const before = row.filter((other, column) => other > own || (other === own && column < label)).length;
      if (before < k) right += weight;
    });
    return Float64Array.of(right);
  },
};
