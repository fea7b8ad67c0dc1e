// Gradient work: the summed gradient, loss and metrics of a shard of a step's mini-batch.

import * as v from 'valibot';
import type { Shard } from '../reduction/shard.ts';
import { commonTerms, type WorkKind } from './work_kind.ts';

export interface GradientWork {
  readonly kind: 'gradient';
  /** The step whose mini-batch it is, from 0. */
  readonly step: number;
  /** Of the mini-batch's microbatches. */
  readonly shard: Shard;
}

export const gradientSchema = v.strictObject({ kind: v.literal('gradient'), ...commonTerms });

export const gradient: WorkKind<GradientWork> = {
  kind: 'gradient',
  schema: gradientSchema,
  answerBytes: (_, layout) => 4 * layout.total,
  compute(replica, { step, shard }, samples, betweenPasses, others) {
    const firstSample = shard.first * replica.microbatchSize;
    const { gradient, ...sums } = replica.computeShard(samples, { step, firstSample }, betweenPasses, others);
    return { ...sums, vector: gradient };
  },
  cutting: {
    unitSamples: ({ microbatchSize }) => microbatchSize,
    joins: 'nodes',
    part: (work, first, units) => ({ ...work, shard: { first: work.shard.first + first, count: units } }),
  },
};
