// Losses by name: the part of a job's schema that states one, and what it appends to a chain of layers.

import * as v from 'valibot';
import type { Tensor } from '../../engine/ops/op.ts';
import type { LayerChain } from '../layer_chain.ts';
import type { ModelField } from '../model_field.ts';
import * as registered from './registered_losses.ts';

const definitions = Object.values(registered);

export const lossSchema = v.picklist(definitions.map(({ name }) => name));

export type LossName = v.InferOutput<typeof lossSchema>;

/** @throws {InputError} if the loss does not fit the data's labels. */
export function appendLoss(chain: LayerChain, loss: LossName, labels: Tensor, field: ModelField): Tensor {
  const definition = definitions.find(({ name }) => name === loss);
  if (definition === undefined) throw new TypeError(`there is no loss ${loss}`);
  return definition.append(chain, labels, field);
}
