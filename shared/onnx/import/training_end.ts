// What an imported model is trained by: a loss and metrics behind its outputs, as a job of layers has them.

import type { Graph, GraphNode } from '../../engine/graph.ts';
import type { Tensor } from '../../engine/ops/op.ts';
import { GraphDraft } from '../../model/graph_draft.ts';
import { finishChain } from '../../model/graph_from_layers.ts';
import { LayerChain } from '../../model/layer_chain.ts';
import { type Loss, probabilitiesOp } from '../../model/losses/loss_registry.ts';
import type { Metric } from '../../model/metrics/metric_registry.ts';
import type { ModelField } from '../../model/model_field.ts';
import type { OnnxReader } from './onnx_reader.ts';

export interface TrainingEnd {
  readonly labels: ModelField;
  /** Cross-entropy where there are classes, the sum of squared errors where there are none, if left out. */
  readonly loss?: Loss | undefined;
  /** What the loss takes; the prediction, or what its probabilities are made of, if left out. */
  readonly measured?: Tensor;
  /** What suits loss and labels, if left out. */
  readonly metrics?: readonly Metric[] | undefined;
}

/** What stands for the model's outputs until all is put together: no node of ours has such a name. */
const outputs = 'model/outputs';

/**
 * The graph that was read, with what it is trained by. A loss that takes logits takes what the last softmax is of.
 * @throws {InputError} if the model's outputs are not what loss and labels need.
 */
export function trainedGraph(
  { nodes }: Pick<OnnxReader, 'nodes'>,
  prediction: Tensor,
  features: ModelField,
  end: TrainingEnd,
): Graph {
  const {
    labels,
    metrics,
    loss = labels.classes === undefined ? 'sum-of-squared-errors' : 'softmax-cross-entropy',
  } = end;
  const measured = end.measured ?? beforeProbabilities(prediction, loss);
  const draft = new GraphDraft();
  draft.input({ name: outputs, type: 'f32', shape: measured.shape });
  const chain = new LayerChain(draft, draft.tensor(outputs));
  const ending = finishChain(chain, { labels, loss, ...(metrics && { metrics }) }, 'the model');
  const names = newNames(ending.nodes, new Set([features.name, labels.name, ...nodes.map(({ name }) => name)]));
  const renamed = (name: string) => (name === outputs ? measured.name : (names.get(name) ?? name));
  return {
    inputs: [features, labels].map(({ name, type, shape }) => ({ name, type, shape })),
    nodes: [
      ...nodes,
      ...ending.nodes.map((node) => ({ ...node, name: renamed(node.name), inputs: node.inputs.map(renamed) })),
    ],
    loss: renamed(ending.loss),
    metrics: Object.fromEntries(Object.entries(ending.metrics).map(([name, node]) => [name, renamed(node)])),
    prediction: prediction.name,
  };
}

function beforeProbabilities(prediction: Tensor, loss: Loss): Tensor {
  const { node } = prediction;
  const [logits] = node?.inputs ?? [];
  return logits !== undefined && node?.op.name === probabilitiesOp(loss) ? logits : prediction;
}

/** Names that the model has not taken. */
function newNames(nodes: readonly GraphNode[], taken: ReadonlySet<string>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name } of nodes) {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}.training${number}`;
    names.set(name, free);
  }
  return names;
}
