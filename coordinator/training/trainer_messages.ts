// What goes into the trainer and what comes out of it.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import type { Confirmations } from './credit.ts';
import type { Evaluation, Measurement, SampleSums } from './evaluation.ts';
import type { Lease, LeaseId, WorkerId } from './lease.ts';
import type { JoiningWorker } from './worker_registry.ts';

/** A buffer that holds the summed gradient of one node of the tree; the shell owns what is in it. */
export type GradientSlot = number & { readonly kind: 'gradient slot' };

export interface TrainerContribution extends SampleSums {
  readonly lease: LeaseId;
  /** Milliseconds that the worker says it computed. */
  readonly milliseconds: number;
  /** Absent for an evaluation. */
  readonly gradient?: GradientSlot;
  /** See `Answer`. */
  readonly digest: number;
}

/** A shard of a step that was counted, and the worker whose answer it was. */
export interface CountedShard {
  readonly worker: WorkerId;
  readonly shard: Shard;
  /** Of the answer; see `Answer`. */
  readonly digest: number;
}

/** An answer that another to the same work contradicts. */
export interface DisputedAnswer {
  readonly worker: WorkerId;
  readonly digest: number;
  /** Whether it was counted. */
  readonly isCounted: boolean;
}

/** Work of which there are different answers: not all can be right, for it has one result. */
export interface Dispute {
  readonly work: Work;
  /** The version of the parameters that it needs. */
  readonly parameters: number;
  readonly answers: readonly DisputedAnswer[];
}

export type TrainerEvent =
  | { readonly type: 'worker joined'; readonly worker: JoiningWorker }
  | { readonly type: 'worker left'; readonly worker: WorkerId }
  | { readonly type: 'contribution'; readonly worker: WorkerId; readonly contribution: TrainerContribution }
  /** The worker's answer is of no use: the lease is taken back. */
  | { readonly type: 'contribution refused'; readonly worker: WorkerId; readonly lease: LeaseId }
  /** An answer that was counted is wrong: where its task is still open, that begins again. */
  | { readonly type: 'answer disproved'; readonly worker: WorkerId; readonly work: Work }
  | { readonly type: 'clock' };

export type TrainerCommand =
  /** `version`: the steps that the parameters have had. */
  | { readonly type: 'send parameters'; readonly worker: WorkerId; readonly version: number }
  | { readonly type: 'lend'; readonly lease: Lease }
  /** left = left + right; the right slot is free afterwards. */
  | { readonly type: 'add gradients'; readonly left: GradientSlot; readonly right: GradientSlot }
  | { readonly type: 'discard gradient'; readonly gradient: GradientSlot; readonly reason: string }
  /** To be resolved by computing the work. */
  | ({ readonly type: 'resolve dispute' } & Dispute)
  /** Applies the optimizer: the parameters are those of `step` afterwards, the slot is free. */
  | {
      readonly type: 'apply gradient';
      readonly gradient: GradientSlot;
      readonly samples: number;
      readonly learningRate: number;
      readonly step: number;
    }
  /** Before a step or an epoch is done, if there were any since the one before. */
  | { readonly type: 'answers confirmed'; readonly confirmations: Confirmations }
  | {
      readonly type: 'step done';
      readonly step: number;
      readonly measurement: Measurement;
      /** Who gave what: the shards tile the mini-batch. */
      readonly contributions: readonly CountedShard[];
    }
  /** `averaged`: computes with the moving average of the weights from here on, which has a version of its own. */
  | { readonly type: 'use weights'; readonly which: 'trained' | 'averaged' }
  | {
      readonly type: 'epoch done';
      readonly epoch: number;
      readonly step: number;
      readonly evaluation: Evaluation;
      /** Who measured which block. */
      readonly contributions: readonly CountedShard[];
      /** Whether the weights that were measured are the best so far, in a job that keeps them. */
      readonly isBest: boolean;
    }
  | { readonly type: 'finished'; readonly step: number };
