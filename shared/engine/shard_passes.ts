// The microbatches of a shard, one pass after the other, each joined to the shard's sum; with what others compute of it.

import type { Samples } from '../data/samples.ts';
import { levelOf } from '../reduction/tree.ts';
import type { ModelMemory } from './model_memory.ts';
import type { OtherParts } from './other_parts.ts';
import type { ProgramVariables } from './program.ts';
import type { BetweenPasses } from './replica.ts';
import type { ReplicaPlans } from './replica_plans.ts';
import type { ShardSum } from './shard_sum.ts';

export interface ShardPassesOptions {
  readonly memory: ModelMemory;
  readonly plans: ReplicaPlans;
  readonly sum: ShardSum;
  readonly microbatchSize: number;
}

export class ShardPasses {
  readonly #memory: ModelMemory;
  readonly #plans: ReplicaPlans;
  readonly #sum: ShardSum;
  readonly #size: number;

  constructor({ memory, plans, sum, microbatchSize }: ShardPassesOptions) {
    this.#memory = memory;
    this.#plans = plans;
    this.#sum = sum;
    this.#size = microbatchSize;
  }

  /** Leaves the shard's sum in the `sum` given; see `Replica.computeShard`. */
  compute(
    samples: Samples,
    position: Readonly<ProgramVariables>,
    betweenPasses: BetweenPasses | undefined,
    others: OtherParts,
  ): void {
    this.#memory.variables.step = position.step;
    this.#sum.start();
    for (let first = 0; first < samples.count; ) {
      if (first > 0) betweenPasses?.();
      const own = Math.min(this.#size * others.ownUnits(first / this.#size), samples.count - first);
      first +=
        own > 0
          ? this.#computeOwn(samples, position.firstSample, first, own, betweenPasses)
          : this.#joinOther(samples.count, first, betweenPasses, others);
    }
  }

  /** The microbatches from `start` on. @returns their samples */
  #computeOwn(
    samples: Samples,
    position: number,
    start: number,
    length: number,
    betweenPasses: BetweenPasses | undefined,
  ): number {
    const { inputs, variables } = this.#memory;
    const [sum, size] = [this.#sum, this.#size];
    for (let first = start; first < start + length; first += size) {
      if (first > start) betweenPasses?.();
      const isLast = first + size >= samples.count;
      const plan = this.#plans.training(isLast ? samples.count - first : size, sum.leafGradient(isLast));
      if (first === start) inputs.stage(samples, start, length, plan.inputs);
      inputs.select(first - start, plan.samples, plan.inputs);
      variables.firstSample = position + first;
      plan.run();
      this.#memory.readSums(sum.sums);
      sum.add(isLast);
    }
    return length;
  }

  /** The subtree that another has computed, if one has. @returns its samples, or 0 */
  #joinOther(count: number, first: number, betweenPasses: BetweenPasses | undefined, others: OtherParts): number {
    const unit = first / this.#size;
    const units = others.otherUnits(unit, betweenPasses);
    if (units === 0) return 0;
    const samples = Math.min(units * this.#size, count - first);
    const isLast = first + samples >= count;
    const level = levelOf(units);
    others.take(unit, this.#sum.sums, this.#sum.leafGradient(isLast, level));
    this.#sum.add(isLast, level);
    return samples;
  }
}
