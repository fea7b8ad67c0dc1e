// The task of a step: the mini-batch's microbatches, their gradients summed over the reduction tree. Its result is one
// update of the parameters.

import type { Shard } from '../../shared/reduction/shard.ts';
import { ReductionTree } from '../../shared/reduction/tree.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import { addSampleSums, measurement, type SampleSums } from './evaluation.ts';
import type { Lease } from './lease.ts';
import type { Answer, Task } from './task.ts';
import type { CountedShard, GradientSlot, TrainerCommand } from './trainer_messages.ts';

export interface MiniBatch {
  /** From 0. */
  readonly step: number;
  /** The version of the parameters; the step, if left out. */
  readonly version?: number;
  readonly samples: number;
  readonly microbatchSize: number;
  readonly learningRate: number;
}

interface GradientNode {
  readonly slot: GradientSlot;
  readonly sums: SampleSums;
}

export class MiniBatchTask implements Task {
  readonly phase = 'training';
  readonly kind = 'gradient';
  readonly window = 1;
  readonly largestShard = Number.POSITIVE_INFINITY;
  readonly units: number;
  readonly unitSamples: number;
  readonly #miniBatch: MiniBatch;
  readonly #tree: ReductionTree<GradientNode>;
  #counted: CountedShard[] = [];
  /** What the additions of the answer being counted ask for. */
  #commands: TrainerCommand[] = [];

  constructor(miniBatch: MiniBatch) {
    const { samples, microbatchSize } = miniBatch;
    this.#miniBatch = miniBatch;
    this.units = Math.ceil(samples / microbatchSize);
    this.unitSamples = Math.min(microbatchSize, samples);
    this.#tree = new ReductionTree<GradientNode>(this.units, (left, right) => {
      this.#commands.push({ type: 'add gradients', left: left.slot, right: right.slot });
      return { slot: left.slot, sums: addSampleSums(left.sums, right.sums) };
    });
  }

  get parameters(): number {
    return this.#miniBatch.version ?? this.#miniBatch.step;
  }

  samplesOf({ first, count }: Shard): number {
    const { samples, microbatchSize } = this.#miniBatch;
    return Math.min(count * microbatchSize, samples - first * microbatchSize);
  }

  workOf(shard: Shard): Work {
    return { kind: 'gradient', step: this.#miniBatch.step, shard };
  }

  get counted(): readonly CountedShard[] {
    return this.#counted;
  }

  count({ id, worker, work: { shard } }: Lease, answer: Answer): readonly TrainerCommand[] {
    const { gradient, samples, lossSum, metricSums, digest } = answer;
    if (gradient === undefined) throw new Error(`contribution to lease ${id} has no gradient`);
    this.#commands = [];
    this.#counted.push({ worker, shard, digest });
    this.#tree.add(shard, { slot: gradient, sums: { samples, lossSum, metricSums } });
    return this.#commands;
  }

  takeOutParts(shard: Shard): readonly TrainerCommand[] {
    const end = shard.first + shard.count;
    this.#counted = this.#counted.filter(({ shard: { first } }) => first < shard.first || first >= end);
    const parts = this.#tree.takeOutParts(shard);
    return parts.map(({ slot }) => ({ type: 'discard gradient', gradient: slot, reason: 'it was taken out again' }));
  }

  get result(): readonly TrainerCommand[] | undefined {
    const root = this.#tree.root?.value;
    if (root === undefined) return undefined;
    const { learningRate } = this.#miniBatch;
    const step = this.#miniBatch.step + 1;
    const { slot: gradient, sums } = root;
    return [
      { type: 'apply gradient', gradient, samples: sums.samples, learningRate, step },
      { type: 'step done', step, measurement: measurement(sums), contributions: this.#counted },
    ];
  }
}
