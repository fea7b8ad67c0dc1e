// The losses that a model of layers may be trained on, a line each.

export { binaryCrossEntropy } from './binary_cross_entropy.ts';
export { huber } from './huber.ts';
export { meanSquaredError } from './mean_squared_error.ts';
export { softmaxCrossEntropy } from './softmax_cross_entropy.ts';
export { sumOfSquaredErrors } from './sum_of_squared_errors.ts';
