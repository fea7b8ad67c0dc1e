import { defineRecurrent } from './recurrent.ts';

/**
 * A GRU over a sequence: [steps, features] to the hidden units of every step, [steps, units]; with `last`, to those of the
 * last step, [units]. Weights [features, 3 units] and [units, 3 units], biases [3 units] for either, which start at zero; gates and
 * equations are PyTorch's.
 * @param units how many values the layer gives for each step.
 */
export const gru = defineRecurrent('gru', 3, ['bias', 'recurrentBias']);
