// The task at an epoch's end: the same parameters measured on training, validation and test data, block by block.

import type { Shard } from '../../shared/reduction/shard.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import {
  type EvaluationBlock,
  type EvaluationSizes,
  evaluationBlocks,
  evaluationFromBlocks,
  type SampleSums,
} from './evaluation.ts';
import type { Lease } from './lease.ts';
import type { Answer, Task } from './task.ts';
import type { CountedShard, TrainerCommand } from './trainer_messages.ts';

export class EvaluationTask implements Task {
  readonly phase = 'evaluating';
  readonly kind = 'evaluation';
  /** The next block can travel while one is computed. */
  readonly window = 2;
  readonly largestShard = 1;
  readonly unitSamples: number;
  readonly parameters: number;
  readonly #epoch: number;
  readonly #blocks: readonly EvaluationBlock[];
  readonly #results = new Map<number, SampleSums>();
  #counted: CountedShard[] = [];

  /** @param step the steps that the parameters have had */
  constructor(sizes: EvaluationSizes, epoch: number, step: number) {
    this.#epoch = epoch;
    this.parameters = step;
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
    return { kind: 'evaluation', step: this.parameters, shard };
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

  get result(): readonly TrainerCommand[] | undefined {
    if (this.#results.size < this.#blocks.length) return undefined;
    const evaluation = evaluationFromBlocks(this.#blocks, this.#results);
    return [{ type: 'epoch done', epoch: this.#epoch, step: this.parameters, evaluation }];
  }
}
