// What of a model its prediction needs: no labels, no loss, no metrics.

import type { Model } from '../engine/model.ts';
import type { OpNode, Tensor } from '../engine/ops/op.ts';

export interface NeededNodes {
  readonly inputs: readonly Tensor[];
  /** Those that compute something, in the order of the graph: no parameters, no states. */
  readonly nodes: readonly OpNode[];
}

export function neededNodes({ inputs, nodes, prediction }: Model): NeededNodes {
  const needed = new Set([prediction.name]);
  for (const { name, inputs: used } of [...nodes].reverse()) {
    if (needed.has(name)) for (const tensor of used) needed.add(tensor.name);
  }
  return {
    inputs: inputs.filter(({ name }) => needed.has(name)),
    nodes: nodes.filter(({ name, output }) => needed.has(name) && output.kind === 'batch'),
  };
}
