// The task at an epoch's end: the same parameters measured on training, validation and test data, block by block.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import {
  type EpochRecord,
  type EvaluationBlock,
  type EvaluationSizes,
  evaluationBlocks,
  evaluationFromBlocks,
  type SampleSums,
} from './evaluation.ts';
import type { Lease } from './lease.ts';
import type { Answer, Task } from './task.ts';
import type { CountedShard, TrainerCommand } from './trainer_messages.ts';

export interface EvaluatedWeights {
  /** The version of the parameters that is measured; the steps done, if left out. */
  readonly version?: number;
  /** Whether the moving average of the weights is measured, not those that are trained. */
  readonly areAveraged?: boolean;
  /** In a job that keeps the best weights: the least validation loss before. */
  readonly leastLoss?: number | undefined;
}

export class EvaluationTask implements Task {
  readonly phase = 'evaluating';
  readonly kind = 'evaluation';
  /** The next block can travel while one is computed. */
  readonly window = 2;
  readonly largestShard = 1;
  readonly unitSamples: number;
  readonly parameters: number;
  readonly opening: readonly TrainerCommand[];
  readonly #epoch: number;
  readonly #step: number;
  readonly #weights: EvaluatedWeights;
  readonly #blocks: readonly EvaluationBlock[];
  readonly #results = new Map<number, SampleSums>();
  #counted: CountedShard[] = [];

  /** @param step the steps that the parameters have had */
  constructor(sizes: EvaluationSizes, epoch: number, step: number, weights: EvaluatedWeights = {}) {
    this.#epoch = epoch;
    this.#step = step;
    this.#weights = weights;
    this.parameters = weights.version ?? step;
    this.opening = weights.areAveraged === true ? [{ type: 'use weights', which: 'averaged' }] : [];
    this.#blocks = evaluationBlocks(sizes);
    this.unitSamples = Math.max(...this.#blocks.map(({ samples }) => samples));
  }

  get units(): number {
    return this.#blocks.length;
  }

  samplesOf({ first }: Shard): number {
    return this.#blocks[first]?.samples ?? 0;
  }

  workOf(shard: Shard): Work {
    return { kind: 'evaluation', step: this.#step, shard };
  }

  /** What is printed as the run's result is not one stranger's word. */
  readonly needsTwo = (block: number): boolean => this.#blocks[block]?.set !== 'training';

  get counted(): readonly CountedShard[] {
    return this.#counted;
  }

  count({ worker, work: { shard } }: Lease, answer: Answer): readonly TrainerCommand[] {
    this.#results.set(shard.first, answer);
    this.#counted.push({ worker, shard, digest: answer.digest });
    return [];
  }

  /** A block is never cut, but all can be measured anew. */
  takeOutParts({ first, count }: Shard): readonly TrainerCommand[] {
    for (let block = first; block < first + count; block++) this.#results.delete(block);
    this.#counted = this.#counted.filter(({ shard }) => shard.first < first || shard.first >= first + count);
    return [];
  }

  /** What was measured; undefined until all is. */
  get record(): EpochRecord | undefined {
    if (this.#results.size < this.#blocks.length) return undefined;
    const evaluation = evaluationFromBlocks(this.#blocks, this.#results);
    return { epoch: this.#epoch, step: this.#step, evaluation };
  }

  get result(): readonly TrainerCommand[] | undefined {
    const { record } = this;
    if (record === undefined) return undefined;
    const { leastLoss, areAveraged } = this.#weights;
    const loss = record.evaluation.validation?.loss;
    const isBest = leastLoss !== undefined && loss !== undefined && loss < leastLoss;
    const back: readonly TrainerCommand[] = areAveraged === true ? [{ type: 'use weights', which: 'trained' }] : [];
    return [...back, { type: 'epoch done', ...record, contributions: this.#counted, isBest }];
  }
}
