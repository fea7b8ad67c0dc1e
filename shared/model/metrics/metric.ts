// What a metric of a model of layers is: what a job states of it, and the node that measures a prediction. Adding one is
// adding a file and a line to registered_metrics.ts.

import * as v from 'valibot';
import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { ModelField } from '../model_field.ts';

export interface MetricDefinition<Name extends string, Options extends v.ObjectEntries> {
  readonly name: Name;
  /** What a job states of it besides its name; every option has a default, or may be left out. */
  readonly schema: v.StrictObjectSchema<Options & { readonly kind: v.LiteralSchema<Name, undefined> }, undefined>;
  /**
   * Appends the metric of `chain.last`: a node by whose name it is reported.
   * @throws {InputError} if the field is not of the kind that the metric needs.
   */
  readonly append: (
    chain: LayerChain,
    labels: Tensor,
    field: ModelField,
    options: v.InferOutput<v.StrictObjectSchema<Options, undefined>>,
  ) => Tensor;
}

export function defineMetric<const Name extends string, const Options extends v.ObjectEntries>({
  name,
  options,
  append,
}: Pick<MetricDefinition<Name, Options>, 'name' | 'append'> & { readonly options: Options }): MetricDefinition<
  Name,
  Options
> {
  return { name, schema: v.strictObject({ kind: v.literal(name), ...options }), append };
}
