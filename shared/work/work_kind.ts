// A kind of work: what a lease can ask for, and how it is done. Worker, own share, replay and evaluation all compute
// through it, so that what is lent and what is checked cannot differ.

import * as v from 'valibot';
import type { Samples } from '../data/samples.ts';
import type { Pointer } from '../engine/kernels.ts';
import type { ParameterLayout } from '../engine/model.ts';
import type { OtherParts } from '../engine/other_parts.ts';
import type { BetweenPasses, Replica } from '../engine/replica.ts';
import { type Shard, shardSchema } from '../reduction/shard.ts';

/** What every kind of work states. */
export interface WorkTerms {
  readonly kind: string;
  /** The mini-batch of this step (from 0), or the parameters after this many steps, as the kind says. */
  readonly step: number;
  readonly shard: Shard;
}

/** The terms that every kind has besides its name, for its schema. */
export const commonTerms = { step: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), shard: shardSchema };

/** What a computation gives; valid until the replica's next call. */
export interface WorkAnswer {
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
  /** The vector that the kind answers with, `answerBytes` long; absent where it has none. */
  readonly vector?: Pointer;
}

export interface WorkKind<Work extends WorkTerms> {
  readonly kind: Work['kind'];
  /** What the terms of such work look like on the wire. */
  readonly schema: v.GenericSchema<unknown, Work>;
  /** Bytes of the vector that an answer carries; 0 for none. */
  readonly answerBytes: (work: Work, layout: ParameterLayout) => number;
  /**
   * Does the work with the parameters as they are.
   * @param betweenPasses see `Replica.computeShard`
   * @param others what others compute of it
   * @throws {InputError} if the samples do not fit the model.
   */
  readonly compute: (
    replica: Replica,
    work: Work,
    samples: Samples,
    betweenPasses?: BetweenPasses,
    others?: OtherParts,
  ) => WorkAnswer;
  readonly cutting: Cutting<Work>;
}

/** How work is cut among the threads of a crew. */
export interface Cutting<Work extends WorkTerms> {
  /** Samples of a unit: the smallest stretch that is computed alone. */
  readonly unitSamples: (replica: Replica) => number;
  /** What is joined to the answer: the sums of nodes of the units' reduction tree, or those of each unit, in their order. */
  readonly joins: 'nodes' | 'units';
  /** The part that covers so many units from `first` on, which counts from the work's own first unit, as work of its own. */
  readonly part: (work: Work, first: number, units: number) => Work;
}
