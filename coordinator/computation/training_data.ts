// Which samples a lease is about: the sampler's mini-batches and the evaluation's blocks, gathered from the data set.

import type { DataSet } from '../../shared/data/data_set.ts';
import { type Batching, createSampler, type Sampler } from '../../shared/data/sampler.ts';
import { gather, packedSamplesBytes, packSamples, type Samples, sliceSamples } from '../../shared/data/samples.ts';
import type { Shard } from '../../shared/reduction/shard.ts';
import type { EvaluationWork } from '../../shared/work/evaluation.ts';
import type { Work } from '../../shared/work/work_kinds.ts';
import {
  type EvaluationBlock,
  type EvaluationSizes,
  evaluationBlocks,
  evaluationSizes,
  trainingSampleEvaluated,
} from '../training/evaluation.ts';

export interface TrainingDataOptions {
  readonly dataSet: DataSet;
  readonly batching: Batching;
  readonly batchSize: number;
  readonly microbatchSize: number;
  readonly seed: number;
}

/** A mini-batch of the training set, copied together. */
interface MiniBatch {
  readonly step: number;
  readonly samples: Samples;
}

export class TrainingData {
  readonly dataSet: DataSet;
  readonly evaluationSizes: EvaluationSizes;
  readonly #evaluationBlocks: readonly EvaluationBlock[];
  readonly #sampler: Sampler;
  readonly #microbatchSize: number;
  /** The mini-batch of the step and the next one, at the parity of their steps. */
  readonly #miniBatches: (MiniBatch | undefined)[] = [undefined, undefined];
  #packed = new Uint8Array(0);

  constructor({ dataSet, batching, batchSize, microbatchSize, seed }: TrainingDataOptions) {
    this.dataSet = dataSet;
    this.#microbatchSize = microbatchSize;
    this.#sampler = createSampler({ kind: batching, samples: dataSet.training.count, batchSize, seed });
    this.evaluationSizes = evaluationSizes({
      training: dataSet.training.count,
      validation: dataSet.validation.count,
      test: dataSet.test.count,
    });
    this.#evaluationBlocks = evaluationBlocks(this.evaluationSizes);
  }

  get stepsPerEpoch(): number {
    return this.#sampler.stepsPerEpoch;
  }

  samplesInStep(step: number): number {
    return this.#sampler.samplesInStep(step);
  }

  /** The samples of a shard of a step's mini-batch, as positions in the training set. */
  indicesOf(step: number, { first, count }: Shard): Uint32Array {
    return this.#sampler.indices(step).subarray(first * this.#microbatchSize, (first + count) * this.#microbatchSize);
  }

  /** The samples that work is about, in the order of the mini-batch or the set; valid until two steps later. */
  samplesOf(work: Work): Samples {
    switch (work.kind) {
      case 'gradient':
        return this.#shardOf(work.step, work.shard);
      case 'evaluation':
        return this.#blockOf(work);
      default:
        return work satisfies never;
    }
  }

  /** The same, as they travel: bytes that stay valid until the next call. */
  packedSamplesOf(work: Work): Uint8Array {
    return this.#pack(this.samplesOf(work));
  }

  /** Samples of the test set as they travel, from position `first` on; bytes that stay valid until the next call. */
  packedTestSamples(first: number, count: number): Uint8Array {
    return this.#pack(sliceSamples(this.dataSet.test, this.dataSet.fields, first, first + count));
  }

  /** Copies the mini-batch of a step together, so that it need not be done when the step begins. */
  prepareStep(step: number): void {
    this.#miniBatch(step);
  }

  #shardOf(step: number, shard: Shard): Samples {
    const samples = this.#miniBatch(step);
    const first = shard.first * this.#microbatchSize;
    const end = Math.min(samples.count, first + shard.count * this.#microbatchSize);
    return sliceSamples(samples, this.dataSet.fields, first, end);
  }

  #blockOf({ shard }: EvaluationWork): Samples {
    const block = this.#evaluationBlocks[shard.first];
    if (block === undefined || shard.count !== 1) throw new RangeError(`no evaluation block ${shard.first}`);
    const { set, first, samples } = block;
    const { fields, training } = this.dataSet;
    if (set !== 'training') return sliceSamples(this.dataSet[set], fields, first, first + samples);
    const positions = Uint32Array.from({ length: samples }, (_, index) =>
      trainingSampleEvaluated(first + index, this.evaluationSizes.training, training.count),
    );
    return gather(training, fields, positions);
  }

  #pack(samples: Samples): Uint8Array {
    const bytes = packedSamplesBytes(this.dataSet.fields, samples.count);
    if (this.#packed.length < bytes) this.#packed = new Uint8Array(bytes);
    return packSamples(samples, this.#packed);
  }

  #miniBatch(step: number): Samples {
    const last = this.#miniBatches[step % 2];
    if (last?.step === step) return last.samples;
    const samples = gather(this.dataSet.training, this.dataSet.fields, this.#sampler.indices(step), last?.samples);
    this.#miniBatches[step % 2] = { step, samples };
    return samples;
  }
}
