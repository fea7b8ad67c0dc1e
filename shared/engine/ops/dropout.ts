// dropout: in training, each element is 0 with the probability `rate`, else x / (1 − rate); otherwise y = x. The mask is drawn
// by counter from seed, step and the sample's place in the mini-batch, so that it is the same whoever computes the sample.

import * as v from 'valibot';
import { philox, purposes, seedHalves } from '../../random/philox.ts';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf } from '../shape.ts';
import { inputOf, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

/** The probability that an element is dropped. */
export const dropoutRateSchema = v.pipe(
  v.number(),
  v.check((rate) => rate >= 0 && rate < 1, 'expected at least 0 and less than 1'),
);

const attributes = v.strictObject({
  rate: dropoutRateSchema,
  /** From 0 to 2^53 − 1. Layers take that of the job. */
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Tells the dropouts of a graph apart: those with one seed and one stream draw the same mask. */
  stream: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 24 - 1)), 0),
});

type Attributes = v.InferOutput<typeof attributes>;

export const dropout: Op = {
  name: 'dropout',
  attributes,

  infer(inputs, _attributes, nodeName) {
    const [x] = takeInputs(inputs, ['x'], nodeName, 'dropout');
    requireBatch(x, nodeName, 'dropout');
    return { kind: 'batch', type: 'f32', shape: x.shape };
  },

  forward(emit, node) {
    const x = emit.value(inputOf(node));
    if (emit.mode === 'training') emitMasked(emit, node, emit.value(node.output), x);
    else emit.aliasValue(node.output, x);
  },

  gradient(emit, node) {
    emit.contributeInPlace(inputOf(node), node, (target, outputGradient) =>
      emitMasked(emit, node, target, outputGradient),
    );
  },

  /** As in training. */
  reference(given) {
    const { node, samples, variables } = given;
    const { low, high, tag, threshold, factor } = drawOf(node);
    const elements = elementsOf(node.output.shape);
    const words = new Uint32Array(4);
    return valuesOf(given).map((x, at) => {
      const [sample, element] = [Math.floor(at / elements), at % elements];
      const position = variables.firstSample + (sample % samples);
      philox(words, low, high, Math.floor(element / 4), variables.step, tag, position);
      return (words[element % 4] ?? 0) >= threshold ? x * factor : 0;
    });
  },
};

function drawOf(node: OpNode) {
  const { rate, seed, stream } = node.attributes as Attributes;
  return {
    ...seedHalves(seed),
    // One word of the counter: no other purpose comes near 2^8.
    tag: purposes.dropout + 2 ** 8 * stream,
    threshold: Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1),
    factor: 1 / (1 - rate),
  };
}

function emitMasked(emit: Emitter, node: OpNode, target: Buffer, from: Buffer): void {
  const { low, high, tag, threshold, factor } = drawOf(node);
  const [step, firstSample] = [emit.variable('step'), emit.variable('firstSample')];
  const elements = elementsOf(node.output.shape);
  emit.call('dropout', target, from, emit.samples, elements, low, high, step, firstSample, tag, threshold, factor);
}
