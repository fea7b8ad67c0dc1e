// Evaluation: the same parameters measured on a part of the training set, on the validation set and on the test set.
//
// The sets are cut into blocks of fixed size; a block is the unit that is lent. Block results are summed in block order,
// so the figures are the same whoever computed them.

/** What the model is measured on; `training` is a fixed, evenly spaced part of the training set. */
export type EvaluationSet = 'training' | 'validation' | 'test';

/** Samples in a block: enough work to be worth a round trip, little enough to spread over many workers. */
export const evaluationBlockSamples = 500;

/** Most samples of the training set that are measured: what is spent on watching the fit stays bounded. */
export const maximumTrainingSamplesEvaluated = 10_000;

export interface EvaluationBlock {
  readonly set: EvaluationSet;
  /** Position of the block's first sample in its set. */
  readonly first: number;
  readonly samples: number;
}

/** Loss and metrics over a number of samples. */
export interface Measurement {
  /** Mean loss per sample. */
  readonly loss: number;
  /** Mean of each metric per sample, such as `accuracy`, 0 to 1. */
  readonly metrics: Readonly<Record<string, number>>;
  /** How many. */
  readonly samples: number;
}

/** One entry for each set that has samples. */
export type Evaluation = { readonly [set in EvaluationSet]?: Measurement };

/** The evaluation of an epoch's end. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps done when it was made. */
  readonly step: number;
  /** Loss and metrics on each set. */
  readonly evaluation: Evaluation;
}

/** Sums over the samples of a block or a shard. */
export interface SampleSums {
  readonly samples: number;
  readonly lossSum: number;
  readonly metricSums: Readonly<Record<string, number>>;
}

export type EvaluationSizes = Readonly<Record<EvaluationSet, number>>;

/** How many samples of each set are measured. */
export function evaluationSizes(available: EvaluationSizes): EvaluationSizes {
  return { ...available, training: Math.min(available.training, maximumTrainingSamplesEvaluated) };
}

/** The position in the training set of the evaluated sample number `index`: evenly spaced over the whole set. */
export function trainingSampleEvaluated(index: number, evaluated: number, available: number): number {
  return Math.floor((index * available) / evaluated);
}

export function evaluationBlocks(sizes: EvaluationSizes): readonly EvaluationBlock[] {
  const sets: readonly EvaluationSet[] = ['training', 'validation', 'test'];
  return sets.flatMap((set) => {
    const blocks: EvaluationBlock[] = [];
    for (let first = 0; first < sizes[set]; first += evaluationBlockSamples) {
      blocks.push({ set, first, samples: Math.min(evaluationBlockSamples, sizes[set] - first) });
    }
    return blocks;
  });
}

/** `left + right`, sum by sum. */
export function addSampleSums(left: SampleSums, right: SampleSums): SampleSums {
  const metricSums: Record<string, number> = {};
  for (const name of Object.keys(left.metricSums)) {
    metricSums[name] = (left.metricSums[name] ?? 0) + (right.metricSums[name] ?? 0);
  }
  return { samples: left.samples + right.samples, lossSum: left.lossSum + right.lossSum, metricSums };
}

export function measurement(sums: SampleSums): Measurement {
  const metrics: Record<string, number> = {};
  for (const [name, sum] of Object.entries(sums.metricSums)) metrics[name] = sum / sums.samples;
  return { loss: sums.lossSum / sums.samples, metrics, samples: sums.samples };
}

/** The evaluation from the results of all blocks, in block order. */
export function evaluationFromBlocks(
  blocks: readonly EvaluationBlock[],
  results: ReadonlyMap<number, SampleSums>,
): Evaluation {
  const sums = new Map<EvaluationSet, SampleSums>();
  blocks.forEach((block, index) => {
    const result = results.get(index);
    if (result === undefined) throw new Error(`evaluation block ${index} has no result`);
    const before = sums.get(block.set);
    sums.set(block.set, before === undefined ? result : addSampleSums(before, result));
  });
  return Object.fromEntries([...sums].map(([set, sum]) => [set, measurement(sum)]));
}
