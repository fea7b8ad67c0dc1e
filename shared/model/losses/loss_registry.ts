// Losses by name: the part of a job's schema that states one, and what it appends to a chain of layers.

import * as v from 'valibot';
import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { MetricName } from '../metrics/metric_registry.ts';
import type { ModelField } from '../model_field.ts';
import * as registered from './registered_losses.ts';

const definitions = Object.values(registered);

const nameSchema = v.picklist(definitions.map(({ name }) => name));

const optionsSchema = v.variant(
  'kind',
  definitions.map(({ schema }) => schema),
);

/** A loss by its name, or as an object that states its options too. */
export const lossSchema = v.lazy(
  (input): v.GenericSchema<LossInput, Loss> =>
    typeof input === 'object' && input !== null ? optionsSchema : nameSchema,
);

export type LossName = v.InferOutput<typeof nameSchema>;

/** What a job file states: options that have a default may be left out. */
export type LossInput = LossName | Readonly<v.InferInput<typeof optionsSchema>>;

/** A loss as a job states it. */
export type Loss = LossName | Readonly<v.InferOutput<typeof optionsSchema>>;

/** @throws {InputError} if the loss does not fit the data's labels. */
export function appendLoss(chain: LayerChain, loss: Loss, labels: Tensor, field: ModelField): Tensor {
  const options = typeof loss === 'string' ? v.parse(optionsSchema, { kind: loss }) : loss;
  // Found by the loss's own name, which the type of a union's members cannot say.
  return definitionOf(loss).append(chain, labels, field, options as never);
}

/** The metrics that are reported beside a loss if a job states none. */
export function metricsOf(loss: Loss, field: ModelField): readonly MetricName[] {
  return definitionOf(loss).metrics(field);
}

/** The op that makes probabilities of what a loss takes; undefined if it takes values as they are. */
export function probabilitiesOp(loss: Loss): 'softmax' | 'sigmoid' | undefined {
  return definitionOf(loss).probabilities;
}

function definitionOf(loss: Loss) {
  const kind = typeof loss === 'string' ? loss : loss.kind;
  const definition = definitions.find(({ name }) => name === kind);
  if (definition === undefined) throw new TypeError(`there is no loss ${kind}`);
  return definition;
}
