// Targets that a prediction is compared with element by element, from whatever the data's labels are.

import type { Tensor } from '../engine/ops/op.ts';
import type { LayerChain } from './layer_chain.ts';
import type { ModelField } from './model_field.ts';

/** Class labels as 1 at the label, 0 elsewhere; other values as f32, in the shape of `chain.last`. Made once. */
export function targetOf(chain: LayerChain, labels: Tensor, { name, type, shape, classes }: ModelField): Tensor {
  const known = chain.tensor('target') ?? chain.tensor(`${name}.converted`);
  if (known !== undefined) return known;
  if (classes !== undefined) return chain.node('target', 'oneHot', [labels], { classes });
  const values = type === 'f32' ? labels : chain.node(`${name}.converted`, 'scale', [labels], { factor: 1, offset: 0 });
  return shape.length === 1 ? values : chain.node('target', 'reshape', [values], { shape: chain.last.shape });
}
