// What a model's outputs mean, by the loss that it was trained on: a graph that gives them as people read them.

import type { Graph, GraphNode } from '../engine/graph.ts';

/** `probabilities` of classes that exclude each other, or of `labels` that do not; or `values` as they are. */
export type OutputMeaning = 'probabilities' | 'labels' | 'values';

/** The op that makes probabilities of what a loss takes. */
const meanings: Readonly<Record<string, { readonly meaning: OutputMeaning; readonly op: string }>> = {
  softmaxCrossEntropy: { meaning: 'probabilities', op: 'softmax' },
  binaryCrossEntropy: { meaning: 'labels', op: 'sigmoid' },
};

export interface MeaningfulGraph {
  readonly graph: Graph;
  readonly meaning: OutputMeaning;
}

/** The graph, whose prediction is probabilities where its loss says that it gives logits. */
export function withMeaning(graph: Graph): MeaningfulGraph {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const loss = nodes.get(graph.loss);
  const known = meanings[loss?.op ?? ''];
  if (known === undefined) return { graph, meaning: 'values' };
  const { meaning, op } = known;
  const predicted = nodes.get(graph.prediction);
  if (predicted?.op === op) return { graph, meaning };
  if (sourceOf(loss?.inputs[0], nodes) !== sourceOf(graph.prediction, nodes)) return { graph, meaning: 'values' };
  const name = `${graph.prediction}.probabilities`;
  const added = { name, op, inputs: [graph.prediction] };
  return { graph: { ...graph, nodes: [...graph.nodes, added], prediction: name }, meaning };
}

/** What a tensor is but for its shape. */
function sourceOf(name: string | undefined, nodes: ReadonlyMap<string, GraphNode>): string | undefined {
  const node = nodes.get(name ?? '');
  return node?.op === 'reshape' ? sourceOf(node.inputs[0], nodes) : name;
}
