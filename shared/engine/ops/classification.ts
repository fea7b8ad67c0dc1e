// Ops around class labels: softmax, one-hot targets, accuracy. None of them is differentiated.

import * as v from 'valibot';
import { elementsOf, shapeText } from '../shape.ts';
import { inferClassification } from './losses.ts';
import { inputOf, mismatch, noAttributes, type Op, requireBatch, requireLabels, takeInputs, valuesOf } from './op.ts';

/** The probability of each class. */
export const softmax: Op = {
  name: 'softmax',
  attributes: noAttributes,
  infer(inputs, _attributes, nodeName) {
    const [logits] = takeInputs(inputs, ['logits'], nodeName, 'softmax');
    requireBatch(logits, nodeName, 'softmax');
    if (logits.shape.length !== 1) throw mismatch(nodeName, 'softmax', 'logits [classes]', shapeText(logits.shape));
    return { kind: 'batch', type: 'f32', shape: logits.shape };
  },
  forward(emit, node) {
    const logits = inputOf(node);
    emit.call('softmax', emit.value(node.output), emit.value(logits), emit.samples, elementsOf(logits.shape));
  },
  reference(given) {
    const { samples, mathematics } = given;
    const logits = valuesOf(given);
    const classes = logits.length / samples;
    const probabilities = new Float64Array(logits.length);
    for (let sample = 0; sample < samples; sample++) {
      const row = logits.subarray(sample * classes, (sample + 1) * classes);
      const highest = Math.max(...row);
      const exponentials = row.map((logit) => mathematics.exp(logit - highest));
      const total = exponentials.reduce((sum, each) => sum + each, 0);
      probabilities.set(
        exponentials.map((each) => each / total),
        sample * classes,
      );
    }
    return probabilities;
  },
};

const oneHotAttributes = v.strictObject({ classes: v.pipe(v.number(), v.integer(), v.minValue(1)) });

/** 1 at the label, 0 elsewhere: targets for the sum of squared errors. */
export const oneHot: Op = {
  name: 'oneHot',
  attributes: oneHotAttributes,
  infer(inputs, attributes, nodeName) {
    const [labels] = takeInputs(inputs, ['labels'], nodeName, 'oneHot');
    requireLabels(labels, nodeName, 'oneHot');
    const { classes } = attributes as v.InferOutput<typeof oneHotAttributes>;
    return { kind: 'batch', type: 'f32', shape: [classes] };
  },
  forward(emit, node) {
    const classes = elementsOf(node.output.shape);
    emit.call('oneHot', emit.value(node.output), emit.labels(inputOf(node), classes), emit.samples, classes);
  },
  reference(given) {
    const classes = elementsOf(given.node.output.shape);
    const target = new Float64Array(given.samples * classes);
    valuesOf(given).forEach((label, sample) => {
      target[sample * classes + label] = 1;
    });
    return target;
  },
};

/** How many samples' largest logit (the first of equals) stands at the label. */
export const accuracy: Op = {
  name: 'accuracy',
  attributes: noAttributes,
  infer: (inputs, _attributes, nodeName) => inferClassification(inputs, nodeName, 'accuracy'),
  forward(emit, node) {
    const [logits, labels] = [inputOf(node, 0), inputOf(node, 1)];
    const classes = elementsOf(logits.shape);
    const [sum, values] = [emit.value(node.output), emit.value(logits)];
    emit.call('accuracy', sum, values, emit.labels(labels, classes), emit.samples, classes);
  },
  reference(given) {
    const [logits, labels] = [valuesOf(given, 0), valuesOf(given, 1)];
    const classes = logits.length / given.samples;
    let right = 0;
    for (let sample = 0; sample < given.samples; sample++) {
      const row = logits.subarray(sample * classes, (sample + 1) * classes);
      if (row.indexOf(Math.max(...row)) === labels[sample]) right += 1;
    }
    return Float64Array.of(right);
  },
};
