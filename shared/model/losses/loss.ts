// What a loss of a model of layers is: the nodes that measure a prediction by the data's labels or targets. Adding one
// is adding a file and a line to registered_losses.ts.

import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { ModelField } from '../model_field.ts';

export interface LossDefinition<Name extends string> {
  readonly name: Name;
  /**
   * Appends the loss of `chain.last`, a row [outputs], as a node named `loss`. `labels` is the graph's input of the
   * field, which has as many classes, or else as many values, as there are outputs.
   * @throws {InputError} if the field is not of the kind that the loss needs.
   */
  readonly append: (chain: LayerChain, labels: Tensor, field: ModelField) => Tensor;
}

export function defineLoss<const Name extends string>(definition: LossDefinition<Name>): LossDefinition<Name> {
  return definition;
}
