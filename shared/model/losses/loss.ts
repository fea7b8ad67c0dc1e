// What a loss of a model of layers is: what a job states of it, and the nodes that measure a prediction by the data's labels
// or targets. Adding one is adding a file and a line to registered_losses.ts.

import * as v from 'valibot';
import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { MetricName } from '../metrics/metric_registry.ts';
import type { ModelField } from '../model_field.ts';

export interface LossDefinition<Name extends string, Options extends v.ObjectEntries> {
  readonly name: Name;
  /** What a job states of it besides its name; every option has a default, or may be left out. */
  readonly schema: v.StrictObjectSchema<Options & { readonly kind: v.LiteralSchema<Name, undefined> }, undefined>;
  /** The op whose outputs are probabilities of what it takes; absent from a loss that takes values as they are. */
  readonly probabilities?: 'softmax' | 'sigmoid';
  /** What is reported beside it, unless the job states metrics of its own. */
  readonly metrics: (field: ModelField) => readonly MetricName[];
  /**
   * Appends the loss of `chain.last`, a row [outputs], or one for each of the labels' positions, as a node named `loss`.
   * `labels` is the graph's input of the field, which has as many classes, or else as many values, as there are outputs.
   * @throws {InputError} if the field is not of the kind that the loss needs.
   */
  readonly append: (
    chain: LayerChain,
    labels: Tensor,
    field: ModelField,
    options: v.InferOutput<v.StrictObjectSchema<Options, undefined>>,
  ) => Tensor;
}

export function defineLoss<const Name extends string, const Options extends v.ObjectEntries>({
  options,
  ...definition
}: Omit<LossDefinition<Name, Options>, 'schema'> & { readonly options: Options }): LossDefinition<Name, Options> {
  return { ...definition, schema: v.strictObject({ kind: v.literal(definition.name), ...options }) };
}

/** The metrics of a loss that takes class labels and other targets alike. */
export function metricsOfTargets({ classes }: ModelField): readonly MetricName[] {
  return [classes === undefined ? 'mean-absolute-error' : 'accuracy'];
}
