// How much of a model a gradient check compares: all of a small one, and of a large one as many parameters as there is time
// for, drawn by counter. Pure.

/** What a check costs follows from these. */
export interface CheckedModel {
  /** Elements of each tensor that is trained. */
  readonly tensors: readonly number[];
  /** Floating-point operations of a forward pass, for each sample. */
  readonly operationsPerSample: number;
}

/** What is asked for; what is left out follows from the model's size. */
export interface CheckSizeRequest {
  /** Samples to differentiate over. */
  readonly samples?: number | undefined;
  /** Whether every parameter is compared, however long that takes. */
  readonly all?: boolean | undefined;
}

export interface CheckSize {
  readonly samples: number;
  readonly componentsPerTensor: number;
  /** How many components are moved together. */
  readonly atOnce: number;
  /** Parameters that are compared, or lie at a kink. */
  readonly parameters: number;
}

/** A model with at most so many parameters is checked whole; so many of a larger one are. */
const comparedParameters = 2_000;

const mostSamples = 20;

/** Two, so that samples are told apart; batch norm has nothing to normalize one by. */
const fewestSamples = 2;

/** Operations of one pass over the samples of a large model. */
const passOperations = 2e8;

/** Operations of a whole check: some ten seconds of the reference. */
const checkOperations = 1e10;

export function checkSize({ tensors, operationsPerSample }: CheckedModel, request: CheckSizeRequest): CheckSize {
  const quick = Math.floor(passOperations / operationsPerSample);
  const samples = request.samples ?? Math.min(mostSamples, Math.max(fewestSamples, quick));
  const share = fairShare(tensors, comparedParameters);
  // Two passes for each comparison.
  const comparisons = Math.max(1, Math.floor(checkOperations / (2 * samples * operationsPerSample)));
  const atOnce = Math.max(1, Math.ceil(taken(tensors, share) / comparisons));
  const componentsPerTensor = request.all === true ? Math.max(...tensors) : share;
  return { samples, componentsPerTensor, atOnce, parameters: taken(tensors, componentsPerTensor) };
}

/** Components of all tensors, if so many are taken of each that has as many. */
function taken(tensors: readonly number[], share: number): number {
  return tensors.reduce((sum, elements) => sum + Math.min(elements, share), 0);
}

/** The most of each tensor with which no more than `total` are taken; at least one. Small tensors leave theirs to others. */
function fairShare(tensors: readonly number[], total: number): number {
  let [left, share] = [total, 0];
  const sorted = [...tensors].sort((one, other) => one - other);
  for (const [at, elements] of sorted.entries()) {
    share = Math.floor(left / (sorted.length - at));
    if (elements > share) return Math.max(1, share);
    left -= elements;
  }
  return sorted.at(-1) ?? 1;
}
