// The losses that a model of layers may be trained on, a line each.

export { softmaxCrossEntropy } from './softmax_cross_entropy.ts';
export { sumOfSquaredErrors } from './sum_of_squared_errors.ts';
