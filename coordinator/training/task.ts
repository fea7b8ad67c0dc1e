// A task: one mini-batch, one evaluation; what the trainer has lent out and waits for. It is cut into units, the leaves of
// its reduction tree; a shard of them is what a worker is lent.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import type { SampleSums } from './evaluation.ts';
import type { Lease } from './lease.ts';
import type { CountedShard, GradientSlot, TrainerCommand } from './trainer_messages.ts';

/** An answer to a lease, as far as its task counts it. */
export interface Answer extends SampleSums {
  /** Where the work has one. */
  readonly gradient?: GradientSlot;
  /** Tells it from any other answer to the same work: a keyed digest, below 2^53, which its worker cannot know. */
  readonly digest: number;
}

export interface Task {
  /** What people are told that the run is doing. */
  readonly phase: 'training' | 'evaluating';
  /** Of the work that it lends; paces are kept by it. */
  readonly kind: Work['kind'];
  /** The version of the parameters that its work needs. */
  readonly parameters: number;
  /** What is to be done before any of its work is lent; absent: nothing. */
  readonly opening?: readonly TrainerCommand[];
  readonly units: number;
  /** Samples of a unit; the last may have fewer. */
  readonly unitSamples: number;
  /** Units of the largest shard that is lent. */
  readonly largestShard: number;
  /** Leases that a worker may hold of it at once. */
  readonly window: number;
  readonly samplesOf: (shard: Shard) => number;
  readonly workOf: (shard: Shard) => Work;
  /** Whether a stranger's answer to a unit counts only once an unrelated one has given the same; absent: to none. */
  readonly needsTwo?: (unit: number) => boolean;
  /** What was counted so far. */
  readonly counted: readonly CountedShard[];
  /** Counts an answer, exactly once for each unit. */
  readonly count: (lease: Lease, answer: Answer) => readonly TrainerCommand[];
  /** Takes out again what was counted for parts of a shard that has come whole. */
  readonly takeOutParts: (shard: Shard) => readonly TrainerCommand[];
  /** What is to be done with the whole; undefined until every unit is counted. */
  readonly result: readonly TrainerCommand[] | undefined;
}
