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
  compute(replica, { step, shard }, samples, betweenPasses) {
    const firstSample = shard.first * replica.microbatchSize;
    const { gradient, ...sums } = replica.computeShard(samples, { step, firstSample }, betweenPasses);
    return { ...sums, vector: gradient };
  },
};
