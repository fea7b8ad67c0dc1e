// Which samples a lease is about: the sampler's mini-batches and the evaluation's blocks, gathered from the data set.

import type { DataSet } from '../shared/data/data_set.ts';
import { type Batching, createSampler, type Sampler } from '../shared/data/sampler.ts';
import { gather, gatherPacked, packedSamplesBytes, type Samples } from '../shared/data/samples.ts';
import type { Shard } from '../shared/protocol/messages.ts';
import { type EvaluationSizes, evaluationSizes, trainingSampleEvaluated } from './evaluation.ts';
import type { LeasedWork } from './trainer.ts';

export interface TrainingDataOptions {
  readonly dataSet: DataSet;
  readonly batching: Batching;
  readonly batchSize: number;
  readonly microbatchSize: number;
  readonly seed: number;
}

export class TrainingData {
  readonly dataSet: DataSet;
  readonly evaluationSizes: EvaluationSizes;
  readonly #sampler: Sampler;
  readonly #microbatchSize: number;
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

  /** The samples that a lease is about, in the order of the mini-batch or the set. */
  samplesOf(work: LeasedWork): Samples {
    const { source, indices } = this.#select(work);
    return gather(source, this.dataSet.fields, indices);
  }

  /** The same, as they travel: bytes that stay valid until the next call. */
  packedSamplesOf(work: LeasedWork): { readonly count: number; readonly packed: Uint8Array } {
    const { fields } = this.dataSet;
    const { source, indices } = this.#select(work);
    const bytes = packedSamplesBytes(fields, indices.length);
    if (this.#packed.length < bytes) this.#packed = new Uint8Array(bytes);
    return { count: indices.length, packed: gatherPacked(source, fields, indices, this.#packed) };
  }

  #select(work: LeasedWork): { readonly source: Samples; readonly indices: Uint32Array } {
    if (work.purpose === 'training') {
      return { source: this.dataSet.training, indices: this.indicesOf(work.step, work.shard) };
    }
    const { set, first, samples } = work.block;
    const indices = Uint32Array.from({ length: samples }, (_, index) => first + index);
    if (set !== 'training') return { source: this.dataSet[set], indices };
    const available = this.dataSet.training.count;
    const evaluated = this.evaluationSizes.training;
    return {
      source: this.dataSet.training,
      indices: indices.map((index) => trainingSampleEvaluated(index, evaluated, available)),
    };
  }
}
