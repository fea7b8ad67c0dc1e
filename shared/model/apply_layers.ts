// Layers in a graph with branches: the same layers that make a model by themselves, behind any tensor of a builder.

import type { GraphBuilder, TensorName } from './builder.ts';
import { LayerChain } from './layer_chain.ts';
import { appendLayers, type Layer } from './layers/layer_registry.ts';

/** What layers may need to know besides their input. */
export interface ApplyLayersOptions {
  /** What the masks of dropout are drawn from; 1 if left out. Give the job’s seed. */
  readonly seed?: number;
  /** How many different token ids there are, where `x` holds some; what an embedding has rows for. */
  readonly tokens?: number;
}

/**
 * Appends layers behind a tensor of a graph, as `applyLayers(builder, x, [dense(64), relu()])`. Bytes are first taken to f32 by
 * the builder’s `scale`; an embedding takes them as they are.
 * @param x one of the graph’s tensors; it may be used by other layers and nodes, too.
 * @returns what the last layer gives.
 * @throws {InputError} naming the layer’s place and type, what it expected and what it found.
 */
export function applyLayers(
  builder: GraphBuilder,
  x: TensorName,
  layers: readonly Layer[],
  options: ApplyLayersOptions = {},
): TensorName {
  const chain = new LayerChain(builder, builder.tensor(x), options);
  appendLayers(chain, layers);
  return chain.last.name as TensorName;
}
