// Metrics by name: the part of a job's schema that states them, and what each appends to a chain of layers.

import * as v from 'valibot';
import type { Tensor } from '../../engine/ops/op.ts';
import { InputError } from '../../errors.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { ModelField } from '../model_field.ts';
import * as registered from './registered_metrics.ts';

const definitions = Object.values(registered);

const nameSchema = v.picklist(definitions.map(({ name }) => name));

const optionsSchema = v.variant(
  'kind',
  definitions.map(({ schema }) => schema),
);

/** Metrics by their names, or as objects that state their options too. */
export const metricsSchema = v.pipe(
  v.array(
    v.lazy(
      (input): v.GenericSchema<MetricInput, Metric> =>
        typeof input === 'object' && input !== null ? optionsSchema : nameSchema,
    ),
  ),
  v.maxLength(16),
);

export type MetricName = v.InferOutput<typeof nameSchema>;

/** What a job file states: options that have a default may be left out. */
export type MetricInput = MetricName | Readonly<v.InferInput<typeof optionsSchema>>;

/** A metric as a job states it. */
export type Metric = MetricName | Readonly<v.InferOutput<typeof optionsSchema>>;

/** @throws {InputError} if a metric does not fit the data's labels, or is stated twice. */
export function appendMetrics(
  chain: LayerChain,
  metrics: readonly Metric[],
  labels: Tensor,
  field: ModelField,
): Readonly<Record<string, Tensor>> {
  const nodes: Record<string, Tensor> = {};
  for (const metric of metrics) {
    const options = typeof metric === 'string' ? v.parse(optionsSchema, { kind: metric }) : metric;
    const definition = definitions.find(({ name }) => name === options.kind);
    if (definition === undefined) throw new TypeError(`there is no metric ${options.kind}`);
    // Found by the metric's own name, which the type of a union's members cannot say.
    const node = definition.append(chain, labels, field, options as never);
    if (nodes[node.name] !== undefined) throw new InputError(`metrics: ${options.kind} is stated twice`);
    nodes[node.name] = node;
  }
  return nodes;
}
