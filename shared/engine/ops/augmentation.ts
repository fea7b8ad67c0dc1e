// Augmentation: in training, each sample is changed at random, so that the model meets it anew in every epoch; otherwise
// it is left as it is (or cut out of the middle). Connor Shorten, Taghi Khoshgoftaar, "A survey on image data augmentation
// for deep learning", Journal of Big Data 6 (2019).
//
// These are ops of the graph, not a stage of the data pipeline, for three reasons. What is drawn is a function of seed, step
// and the sample's place in the mini-batch, which programs have as variables: the same bits on each worker, under resume and
// replay. Samples travel, and are kept, as they are stored: bytes, whatever becomes of them. And evaluation has a mode of its
// own, so nothing has to be switched off. They stand in the job as layers of its model.

import * as v from 'valibot';
import { numberWhere, wholeNumber } from '../../json/numbers.ts';
import { purposes } from '../../random/philox.ts';
import { type Shape, shapeText } from '../shape.ts';
import { drawAttributes, drawOf, wordsOf } from './draws.ts';
import {
  inputOf,
  mismatch,
  type Op,
  type OpNode,
  type ReferenceArguments,
  requireBatch,
  type Tensor,
  takeInputs,
  valuesOf,
} from './op.ts';

/** Height and width that images are cut to. */
export const cropSizeSchema = wholeNumber(1, 2 ** 14);

/** Zeros around an image, in pixels. */
export const cropPaddingSchema = wholeNumber(0, 1024);

const cropAttributes = v.strictObject({
  height: cropSizeSchema,
  width: cropSizeSchema,
  padding: v.optional(cropPaddingSchema, 0),
  ...drawAttributes,
});

type CropAttributes = v.InferOutput<typeof cropAttributes>;

/** [height, width] cut out of an image that stands in a frame of zeros: anywhere in training, else out of the middle. */
export const randomCrop: Op = {
  name: 'randomCrop',
  attributes: cropAttributes,

  infer(inputs, attributes, nodeName) {
    const { height, width, padding } = attributes as CropAttributes;
    const [rows, columns, channels] = requireImage(inputs, nodeName, 'randomCrop');
    if (height > rows + 2 * padding || width > columns + 2 * padding) {
      const expected = `an image of at least ${height}x${width} with its padding of ${padding}`;
      throw mismatch(nodeName, 'randomCrop', expected, shapeText([rows, columns, channels]));
    }
    return { kind: 'batch', type: 'f32', shape: [height, width, channels] };
  },

  forward(emit, node) {
    const x = inputOf(node);
    const { height, width, padding } = node.attributes as CropAttributes;
    const [rows = 0, columns = 0, channels = 0] = x.shape;
    const image = [emit.samples, rows, columns, channels] as const;
    if (emit.mode === 'training') {
      const given = [emit.value(node.output), emit.value(x), ...image, height, width, padding] as const;
      emit.call('cropRandomly', ...given, ...drawOf(emit, node, purposes.augmentation));
      return;
    }
    const { top, left } = middleOf(node);
    emit.call('pad', emit.value(node.output), emit.value(x), ...image, -top, -left, 1, 1, height, width);
  },

  reference(given) {
    const { height, width, padding } = given.node.attributes as CropAttributes;
    const [rows = 0, columns = 0] = inputOf(given.node).shape;
    return eachPixel(given, (sample) => {
      const [first, second] = given.isTraining ? wordsOf(given, purposes.augmentation, sample, 0) : [];
      const upTo = (most: number, word = 0) => Math.floor((word * (most + 1)) / 2 ** 32) - padding;
      const { top, left } = given.isTraining
        ? { top: upTo(rows + 2 * padding - height, first), left: upTo(columns + 2 * padding - width, second) }
        : middleOf(given.node);
      return (y, x) => [top + y, left + x];
    });
  },
};

/** The probability of a flip. */
export const flipProbabilitySchema = numberWhere('a number from 0 to 1', (value) => value >= 0 && value <= 1);

const flipAttributes = v.strictObject({
  probability: v.optional(flipProbabilitySchema, 0.5),
  ...drawAttributes,
});

type FlipAttributes = v.InferOutput<typeof flipAttributes>;

/** An image, mirrored left to right with a probability. */
export const randomFlip: Op = {
  name: 'randomFlip',
  attributes: flipAttributes,

  infer(inputs, _attributes, nodeName) {
    return { kind: 'batch', type: 'f32', shape: requireImage(inputs, nodeName, 'randomFlip') };
  },

  forward(emit, node) {
    const x = inputOf(node);
    if (emit.mode !== 'training') {
      emit.aliasValue(node.output, emit.value(x));
      return;
    }
    const [height = 0, width = 0, channels = 0] = x.shape;
    const image = [emit.samples, height, width, channels] as const;
    const given = [emit.value(node.output), emit.value(x), ...image, thresholdOf(node)] as const;
    emit.call('flipRandomly', ...given, ...drawOf(emit, node, purposes.augmentation));
  },

  reference(given) {
    const [, width = 0] = inputOf(given.node).shape;
    return eachPixel(given, (sample) => {
      const [word = 0] = wordsOf(given, purposes.augmentation, sample, 0);
      const flips = given.isTraining && word < thresholdOf(given.node);
      return (y, x) => [y, flips ? width - 1 - x : x];
    });
  },
};

function requireImage(inputs: readonly Tensor[], nodeName: string, op: string) {
  const [x] = takeInputs(inputs, ['x'], nodeName, op);
  requireBatch(x, nodeName, op);
  const [height, width, channels, ...more] = x.shape;
  if (height === undefined || width === undefined || channels === undefined || more.length > 0) {
    throw mismatch(nodeName, op, 'an image [height, width, channels]', shapeText(x.shape));
  }
  return [height, width, channels] as const satisfies Shape;
}

/** Where the middle of the image starts; an odd row or column is left out at the end. */
function middleOf(node: OpNode): { readonly top: number; readonly left: number } {
  const { height, width } = node.attributes as CropAttributes;
  const [rows = 0, columns = 0] = inputOf(node).shape;
  return { top: Math.floor((rows - height) / 2), left: Math.floor((columns - width) / 2) };
}

/** Random words below it mean a flip. */
function thresholdOf(node: OpNode): number {
  return Math.round((node.attributes as FlipAttributes).probability * 2 ** 32);
}

/** Images whose pixel (y, x) comes from where `sourceOf` a sample says; what lies outside is zero. */
function eachPixel(
  given: ReferenceArguments,
  sourceOf: (sample: number) => (y: number, x: number) => readonly [y: number, x: number],
): Float64Array {
  const [height = 0, width = 0, channels = 0] = inputOf(given.node).shape;
  const [rows = 0, columns = 0] = given.node.output.shape;
  const values = valuesOf(given);
  const output = new Float64Array(given.samples * rows * columns * channels);
  let at = 0;
  for (let sample = 0; sample < given.samples; sample++) {
    const source = sourceOf(sample);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, at += channels) {
        const [y, x] = source(row, column);
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        const from = ((sample * height + y) * width + x) * channels;
        output.set(values.subarray(from, from + channels), at);
      }
  }
  return output;
}
