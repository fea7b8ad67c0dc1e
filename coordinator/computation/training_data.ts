// Which samples a lease is about: the sampler's mini-batches and the evaluation's blocks, gathered from the data set.

import type { DataSet } from '../../shared/data/data_set.ts';
import { type Batching, createSampler, type Sampler } from '../../shared/data/sampler.ts';
import { gather, packedSamplesBytes, packSamples, type Samples, sliceSamples } from '../../shared/data/samples.ts';
import type { Shard } from '../../shared/protocol/messages.ts';
import { type EvaluationSizes, evaluationSizes, trainingSampleEvaluated } from '../training/evaluation.ts';
import type { LeasedWork } from '../training/trainer.ts';

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

  /** The samples that a lease is about, in the order of the mini-batch or the set; valid until two steps later. */
  samplesOf(work: LeasedWork): Samples {
    const { fields } = this.dataSet;
    if (work.purpose === 'training') {
      const samples = this.#miniBatch(work.step);
      const first = work.shard.first * this.#microbatchSize;
      const end = first + work.shard.count * this.#microbatchSize;
      return sliceSamples(samples, fields, first, Math.min(samples.count, end));
    }
    const { set, first, samples } = work.block;
    if (set !== 'training') return sliceSamples(this.dataSet[set], fields, first, first + samples);
    const available = this.dataSet.training.count;
    const evaluated = this.evaluationSizes.training;
    const positions = Uint32Array.from({ length: samples }, (_, index) =>
      trainingSampleEvaluated(first + index, evaluated, available),
    );
    return gather(this.dataSet.training, fields, positions);
  }

  /** The same, as they travel: bytes that stay valid until the next call. */
  packedSamplesOf(work: LeasedWork): { readonly count: number; readonly packed: Uint8Array } {
    const samples = this.samplesOf(work);
    const bytes = packedSamplesBytes(this.dataSet.fields, samples.count);
    if (this.#packed.length < bytes) this.#packed = new Uint8Array(bytes);
    return { count: samples.count, packed: packSamples(samples, this.#packed) };
  }

  /** Copies the mini-batch of a step together, so that it need not be done when the step begins. */
  prepareStep(step: number): void {
    this.#miniBatch(step);
  }

  #miniBatch(step: number): Samples {
    const last = this.#miniBatches[step % 2];
    if (last?.step === step) return last.samples;
    const samples = gather(this.dataSet.training, this.dataSet.fields, this.#sampler.indices(step), last?.samples);
    this.#miniBatches[step % 2] = { step, samples };
    return samples;
  }
}
