// What goes into the trainer and what comes out of it.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Evaluation, Measurement, SampleSums } from './evaluation.ts';
import type { Lease, LeaseId, WorkerId } from './lease.ts';

/** A buffer that holds the summed gradient of one node of the tree; the shell owns what is in it. */
export type GradientSlot = number & { readonly kind: 'gradient slot' };

export interface TrainerContribution extends SampleSums {
  readonly lease: LeaseId;
  /** Keyed, of gradient and sums: equal for equal answers, as good as never for others. */
  readonly digest: number;
  /** Milliseconds that the worker says it computed. */
  readonly milliseconds: number;
  /** Absent for an evaluation. */
  readonly gradient?: GradientSlot;
}

/** A shard of a step that was counted, and the worker whose answer it was. */
export interface CountedShard {
  readonly worker: WorkerId;
  readonly shard: Shard;
  /** Of the answer. */
  readonly digest: number;
}

export type TrainerEvent =
  /** `maximumUnits` bounds the shards that it is lent; absent: whatever it can do. */
  | { readonly type: 'worker joined'; readonly worker: WorkerId; readonly maximumUnits?: number }
  | { readonly type: 'worker left'; readonly worker: WorkerId }
  | { readonly type: 'contribution'; readonly worker: WorkerId; readonly contribution: TrainerContribution }
  /** The worker's answer is of no use: the lease is taken back. */
  | { readonly type: 'contribution refused'; readonly worker: WorkerId; readonly lease: LeaseId }
  | { readonly type: 'clock' };

export type TrainerCommand =
  /** `version`: the steps that the parameters have had. */
  | { readonly type: 'send parameters'; readonly worker: WorkerId; readonly version: number }
  | { readonly type: 'lend'; readonly lease: Lease }
  /** left = left + right; the right slot is free afterwards. */
  | { readonly type: 'add gradients'; readonly left: GradientSlot; readonly right: GradientSlot }
  | { readonly type: 'discard gradient'; readonly gradient: GradientSlot; readonly reason: string }
  /** Applies the optimizer: the parameters are those of `step` afterwards, the slot is free. */
  | {
      readonly type: 'apply gradient';
      readonly gradient: GradientSlot;
      readonly samples: number;
      readonly learningRate: number;
      readonly step: number;
    }
  | {
      readonly type: 'step done';
      readonly step: number;
      readonly measurement: Measurement;
      /** Who gave what: the shards tile the mini-batch. */
      readonly contributions: readonly CountedShard[];
    }
  | { readonly type: 'epoch done'; readonly epoch: number; readonly step: number; readonly evaluation: Evaluation }
  | { readonly type: 'finished'; readonly step: number };
