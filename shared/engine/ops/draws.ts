// What ops draw with in training: by counter, from seed, step and the sample's place in the mini-batch, so that a sample is
// the same whoever computes it.

import * as v from 'valibot';
import { wholeNumber } from '../../json/numbers.ts';
import { type Purpose, philox, seedHalves } from '../../random/philox.ts';
import type { Emitter } from '../emitter.ts';
import type { OpNode, ReferenceArguments } from './op.ts';

/** Attributes of every op that draws. */
export const drawAttributes = {
  /** From 0 to 2^53 − 1. Layers take that of the job. */
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  /** Tells apart what a graph draws for one purpose: ops with one seed and one stream draw the same. */
  stream: v.optional(wholeNumber(0, 2 ** 24 - 1), 0),
};

/** What the attributes of an op that draws have been parsed to. */
type Draws = { readonly [Name in keyof typeof drawAttributes]: v.InferOutput<(typeof drawAttributes)[Name]> };

function tagOf({ stream }: Draws, purpose: Purpose): number {
  // One word of the counter: no purpose comes near 2^8.
  return purpose + 2 ** 8 * stream;
}

/** What kernels draw with: the seed's halves, step, first sample and tag. */
export function drawOf(emit: Emitter, node: OpNode, purpose: Purpose) {
  const given = node.attributes as Draws;
  const { low, high } = seedHalves(given.seed);
  return [low, high, emit.variable('step'), emit.variable('firstSample'), tagOf(given, purpose)] as const;
}

/** Four random words of a sample. */
export function wordsOf(
  { node, variables }: ReferenceArguments,
  purpose: Purpose,
  sample: number,
  block: number,
): readonly number[] {
  const given = node.attributes as Draws;
  const { low, high } = seedHalves(given.seed);
  const words = new Uint32Array(4);
  philox(words, low, high, block, variables.step, tagOf(given, purpose), variables.firstSample + sample);
  return [...words];
}
