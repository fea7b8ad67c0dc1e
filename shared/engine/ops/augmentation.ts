// Augmentation: in training, each sample is changed at random, so that the model meets it anew in every epoch; otherwise
// it is left as it is (or cut out of the middle). Connor Shorten, Taghi Khoshgoftaar, "A survey on image data augmentation
// for deep learning", Journal of Big Data 6 (2019).
//
// These are ops of the graph, not a stage of the data pipeline, for three reasons. What is drawn is a function of seed, step
// and the sample's place in the mini-batch, which programs have as variables: the same bits on each worker, under resume and
// replay. Samples travel, and are kept, as they are stored: bytes, whatever becomes of them. And evaluation has a mode of its
// own, so nothing has to be switched off. They stand in the job as layers of its model.

import * as v from 'valibot';
import { numberWhere, positive, wholeNumber } from '../../json/numbers.ts';
import { philox, purposes, seedHalves } from '../../random/philox.ts';
import type { Emitter } from '../emitter.ts';
import { elementsOf, type Shape, shapeText } from '../shape.ts';
import {
  inputOf,
  type Mathematics,
  mismatch,
  type Op,
  type OpNode,
  type ReferenceArguments,
  requireBatch,
  type Tensor,
  takeInputs,
  valuesOf,
} from './op.ts';

/** What is drawn with. */
const draws = {
  /** From 0 to 2^53 − 1. Layers take that of the job. */
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  /** Tells the augmentations of a graph apart: those with one seed and one stream draw the same. */
  stream: v.optional(wholeNumber(0, 2 ** 24 - 1), 0),
};

interface Draws {
  readonly seed: number;
  readonly stream: number;
}

/** Height and width that images are cut to. */
export const cropSizeSchema = wholeNumber(1, 2 ** 14);

/** Zeros around an image, in pixels. */
export const cropPaddingSchema = wholeNumber(0, 1024);

const cropAttributes = v.strictObject({
  height: cropSizeSchema,
  width: cropSizeSchema,
  padding: v.optional(cropPaddingSchema, 0),
  ...draws,
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
      emit.call('cropRandomly', ...given, ...drawOf(emit, node));
      return;
    }
    const { top, left } = middleOf(node);
    emit.call('pad', emit.value(node.output), emit.value(x), ...image, -top, -left, 1, 1, height, width);
  },

  reference(given) {
    const { height, width, padding } = given.node.attributes as CropAttributes;
    const [rows = 0, columns = 0] = inputOf(given.node).shape;
    return eachPixel(given, (sample) => {
      const [first, second] = given.isTraining ? wordsOf(given, sample, 0) : [];
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
  ...draws,
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
    emit.call('flipRandomly', ...given, ...drawOf(emit, node));
  },

  reference(given) {
    const [, width = 0] = inputOf(given.node).shape;
    return eachPixel(given, (sample) => {
      const [word = 0] = wordsOf(given, sample, 0);
      const flips = given.isTraining && word < thresholdOf(given.node);
      return (y, x) => [y, flips ? width - 1 - x : x];
    });
  },
};

const noiseAttributes = v.strictObject({ standardDeviation: positive, ...draws });

type NoiseAttributes = v.InferOutput<typeof noiseAttributes>;

/** x plus normal noise, another number for each element; any shape to the same shape. */
export const randomNoise: Op = {
  name: 'randomNoise',
  attributes: noiseAttributes,

  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'randomNoise');
    requireBatch(x, nodeName, 'randomNoise');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = inputOf(node);
    if (emit.mode !== 'training') {
      emit.aliasValue(node.output, emit.value(x));
      return;
    }
    const { standardDeviation } = node.attributes as NoiseAttributes;
    const given = [emit.value(node.output), emit.value(x), emit.samples, elementsOf(x.shape)] as const;
    emit.call('addNoise', ...given, standardDeviation, ...drawOf(emit, node));
  },

  gradient(emit, node) {
    const x = inputOf(node);
    emit.contributeInPlace(x, node, (target, given) => {
      if (target !== given) emit.call('copy', target, given, emit.elements(x));
    });
  },

  reference(given) {
    const { standardDeviation } = given.node.attributes as NoiseAttributes;
    const elements = elementsOf(given.node.output.shape);
    return valuesOf(given).map((value, at) => {
      if (!given.isTraining) return value;
      const [sample, element] = [Math.floor(at / elements), at % elements];
      const word = wordsOf(given, sample, Math.floor(element / 4))[element % 4] ?? 0;
      return value + standardDeviation * inverseNormal((word + 0.5) / 2 ** 32, given.mathematics);
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

function tagOf({ stream }: Draws): number {
  // One word of the counter: no purpose comes near 2^8.
  return purposes.augmentation + 2 ** 8 * stream;
}

/** The kernels' last arguments. */
function drawOf(emit: Emitter, node: OpNode) {
  const given = node.attributes as unknown as Draws;
  const { low, high } = seedHalves(given.seed);
  return [low, high, emit.variable('step'), emit.variable('firstSample'), tagOf(given)] as const;
}

/** Four random words of a sample. */
function wordsOf({ node, variables }: ReferenceArguments, sample: number, block: number): readonly number[] {
  const given = node.attributes as unknown as Draws;
  const { low, high } = seedHalves(given.seed);
  const words = new Uint32Array(4);
  philox(words, low, high, block, variables.step, tagOf(given), variables.firstSample + sample);
  return [...words];
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

/** As the kernel has it: Wichura, algorithm AS 241, routine PPND7. */
function inverseNormal(probability: number, { log }: Mathematics): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const numerator = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
    return (q * numerator) / (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const r = Math.sqrt(-log(q < 0 ? probability : 1 - probability)) - 1.6;
  const numerator = ((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777;
  const x = numerator / ((0.12021132975 * r + 0.7370016425) * r + 1);
  return q < 0 ? -x : x;
}
