// sum-of-squared-errors: ½ Σ (output − target)². Class labels become targets of 1 at the label, 0 elsewhere.

import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { ModelField } from '../model_field.ts';
import { defineLoss } from './loss.ts';

export const sumOfSquaredErrors = defineLoss({
  name: 'sum-of-squared-errors',
  options: {},
  append: (chain, labels, field) =>
    chain.node('loss', 'sumOfSquaredErrors', [chain.last, targetOf(chain, labels, field)]),
});

function targetOf(chain: LayerChain, labels: Tensor, { name, type, shape, classes }: ModelField): Tensor {
  if (classes !== undefined) return chain.node('target', 'oneHot', [labels], { classes });
  const values = type === 'f32' ? labels : chain.node(`${name}.converted`, 'scale', [labels], { factor: 1, offset: 0 });
  return shape.length === 1 ? values : chain.node('target', 'reshape', [values], { shape: chain.last.shape });
}
