// Layers are the usual way to write a model in a job: a list of them becomes an op graph.

import type { Graph } from '../engine/graph.ts';
import { elementsOf } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { LayerChain } from './layer_chain.ts';
import { appendLayers, type Layer } from './layers/layer_registry.ts';
import { appendLoss, type LossName } from './losses/loss_registry.ts';
import type { ModelField } from './model_field.ts';

export interface LayersOptions {
  readonly features: ModelField;
  readonly labels: ModelField;
  readonly loss: LossName;
  /** Of the job; what augmentation draws by. 1, as a job's, if left out. */
  readonly seed?: number;
}

/**
 * @throws {InputError} naming the layer's number and type, what it expected and what it found; or what the loss expects
 *   of the last layer.
 */
export function graphFromLayers(layers: readonly Layer[], { features, labels, loss, seed = 1 }: LayersOptions): Graph {
  const chain = new LayerChain(features, seed);
  appendLayers(chain, layers);
  requireOutputs(chain.flatten(), labels);
  const labelInput = chain.input(labels);
  const metrics =
    labels.classes === undefined ? {} : { accuracy: chain.node('accuracy', 'accuracy', [chain.last, labelInput]) };
  return chain.finish(appendLoss(chain, loss, labelInput, labels), metrics);
}

function requireOutputs(outputs: number, { classes, shape }: ModelField): void {
  const expected = classes ?? elementsOf(shape);
  if (outputs === expected) return;
  const what = classes === undefined ? 'target values' : 'classes';
  throw new InputError(`the last layer gives ${outputs} values, but the data has ${expected} ${what}`);
}
