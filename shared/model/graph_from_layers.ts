// Layers are the usual way to write a model in a job: a list of them becomes an op graph.

import type { Graph } from '../engine/graph.ts';
import { elementsOf, shapeText } from '../engine/shape.ts';
import { InputError } from '../errors.ts';
import { hasPositions } from './label_positions.ts';
import { LayerChain } from './layer_chain.ts';
import { appendLayers, type Layer } from './layers/layer_registry.ts';
import { appendLoss, type Loss, metricsOf } from './losses/loss_registry.ts';
import { appendMetrics, type Metric } from './metrics/metric_registry.ts';
import type { ModelField } from './model_field.ts';

export interface LayersOptions {
  readonly features: ModelField;
  readonly labels: ModelField;
  readonly loss: Loss;
  /** What is reported beside it; what suits the loss and the labels, if left out. */
  readonly metrics?: readonly Metric[];
  /** Of the job; what augmentation and dropout draw by. 1, as a job's, if left out. */
  readonly seed?: number;
}

/**
 * @throws {InputError} naming the layer's place and type, what it expected and what it found; or what the loss expects
 *   of the last layer.
 */
export function graphFromLayers(
  layers: readonly Layer[],
  { features, labels, loss, metrics, seed }: LayersOptions,
): Graph {
  const chain = LayerChain.from(features, seed);
  appendLayers(chain, layers, 'model.layers');
  return finishChain(chain, { labels, loss, ...(metrics && { metrics }) }, 'the last layer');
}

/**
 * The graph that measures what a chain has come to by the data's labels.
 * @param giver what errors call the chain's end
 * @throws {InputError} saying what the loss or the labels expect of it.
 */
export function finishChain(
  chain: LayerChain,
  { labels, loss, metrics }: Pick<LayersOptions, 'labels' | 'loss' | 'metrics'>,
  giver: string,
): Graph {
  requireOutputs(chain, labels, giver);
  const labelInput = chain.input(labels);
  const nodes = appendMetrics(chain, metrics ?? metricsOf(loss, labels), labelInput, labels);
  return chain.finish(appendLoss(chain, loss, labelInput, labels), nodes);
}

/** Makes the last tensor a row, but for labels of positions, each of which needs one. */
function requireOutputs(chain: LayerChain, labels: ModelField, giver: string): void {
  const { classes, shape } = labels;
  if (hasPositions(labels)) {
    const expected = shapeText([...shape, classes ?? 0]);
    const found = shapeText(chain.last.shape);
    if (found === expected) return;
    throw new InputError(
      `${giver} gives ${found}, but the data has ${classes} classes at each of ${shapeText(shape)} positions: expected ${expected}`,
    );
  }
  const outputs = chain.flatten();
  const expected = classes ?? elementsOf(shape);
  if (outputs === expected) return;
  const what = classes === undefined ? 'target values' : 'classes';
  throw new InputError(`${giver} gives ${outputs} values, but the data has ${expected} ${what}`);
}
