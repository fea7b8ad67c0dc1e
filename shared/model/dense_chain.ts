// A model that is nothing but dense layers, one behind the other: small enough, it can be drawn with all its weights.

import type { Graph } from '../engine/graph.ts';

export interface DenseLayer {
  /** Its weights, [inputs, outputs]. */
  readonly tensor: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** What works on each element by itself, or draws in training alone. */
const elementwise: ReadonlySet<string> = new Set([
  ...['bias', 'scale', 'standardize', 'reshape', 'dropout', 'randomNoise'],
  ...['relu', 'leakyRelu', 'sigmoid', 'tanh', 'silu', 'softplus', 'gelu', 'clip', 'softmax'],
]);

/** The layers from the features to the prediction; undefined of a model that is anything else. */
export function denseChain({ nodes, prediction }: Graph, features: string): readonly DenseLayer[] | undefined {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const layers: DenseLayer[] = [];
  for (let name = prediction; name !== features; ) {
    const node = byName.get(name);
    const [from, weights] = node?.inputs ?? [];
    if (node === undefined || from === undefined) return undefined;
    const shape = byName.get(weights ?? '')?.attributes?.shape;
    if (node.op === 'matmul' && weights !== undefined && Array.isArray(shape) && shape.length === 2) {
      const [inputs, outputs] = shape as [number, number];
      layers.unshift({ tensor: weights, inputs, outputs });
    } else if (!elementwise.has(node.op)) return undefined;
    name = from;
  }
  return layers.length === 0 ? undefined : layers;
}
