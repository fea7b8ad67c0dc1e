// dropout: in training, each element is 0 with the probability `rate`, else x / (1 − rate); otherwise y = x. The mask is drawn
// by counter from seed, step and the sample's place in the mini-batch, so that it is the same whoever computes the sample.

import * as v from 'valibot';
import { purposes } from '../../random/philox.ts';
import type { Emitter } from '../emitter.ts';
import type { Buffer } from '../program.ts';
import { elementsOf } from '../shape.ts';
import { drawAttributes, drawOf, wordsOf } from './draws.ts';
import { inputOf, type Op, type OpNode, requireBatch, takeInputs, valuesOf } from './op.ts';

/** The probability that an element is dropped. */
export const dropoutRateSchema = v.pipe(
  v.number(),
  v.check((rate) => rate >= 0 && rate < 1, 'expected at least 0 and less than 1'),
);

const attributes = v.strictObject({
  rate: dropoutRateSchema,
  ...drawAttributes,
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

  reference(given) {
    const { threshold, factor } = maskOf(given.node);
    const elements = elementsOf(given.node.output.shape);
    return valuesOf(given).map((x, at) => {
      if (!given.isTraining) return x;
      const [sample, element] = [Math.floor(at / elements), at % elements];
      const word = wordsOf(given, purposes.dropout, sample, Math.floor(element / 4))[element % 4] ?? 0;
      return word >= threshold ? x * factor : 0;
    });
  },
};

function maskOf(node: OpNode) {
  const { rate } = node.attributes as Attributes;
  return { threshold: Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1), factor: 1 / (1 - rate) };
}

function emitMasked(emit: Emitter, node: OpNode, target: Buffer, from: Buffer): void {
  const { threshold, factor } = maskOf(node);
  const elements = elementsOf(node.output.shape);
  const draws = drawOf(emit, node, purposes.dropout);
  emit.call('dropout', target, from, emit.samples, elements, ...draws, threshold, factor);
}
