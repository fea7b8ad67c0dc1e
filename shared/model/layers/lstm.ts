import { defineRecurrent } from './recurrent.ts';

/**
 * An LSTM over a sequence: [steps, features] to the hidden units of every step, [steps, units]; with `last`, to those of the
 * last step, [units]. Weights [features, 4 units] and [units, 4 units], bias [4 units], which starts at zero; gates in PyTorch's order.
 * @param units how many values the layer gives for each step.
 */
export const lstm = defineRecurrent('lstm', 4, ['bias']);
