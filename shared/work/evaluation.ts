// Evaluation work: loss and metrics of blocks of samples, without a gradient.

import * as v from 'valibot';
import { evaluationSamples } from '../engine/forward_passes.ts';
import type { Shard } from '../reduction/shard.ts';
import { commonTerms, type WorkKind } from './work_kind.ts';

export interface EvaluationWork {
  readonly kind: 'evaluation';
  /** Steps that the parameters have had. */
  readonly step: number;
  /** Of the evaluation's blocks. */
  readonly shard: Shard;
}

export const evaluationSchema = v.strictObject({ kind: v.literal('evaluation'), ...commonTerms });

export const evaluation: WorkKind<EvaluationWork> = {
  kind: 'evaluation',
  schema: evaluationSchema,
  answerBytes: () => 0,
  compute: (replica, _, samples, betweenPasses, others) => replica.evaluate(samples, betweenPasses, others),
  // A block has no positions that matter, so a part of one is stated as the block.
  cutting: { unitSamples: () => evaluationSamples, joins: 'units', part: (work) => work },
};
