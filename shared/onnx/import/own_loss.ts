// The loss that a file may have of its own, as PyTorch writes a module that is called with labels and gives its cross-entropy:
// a node that takes the model's outputs and a second input. It is taken off the graph, and ours has the same in its place.

import { InputError } from '../../errors.ts';
import type { OnnxGraph, OnnxNode } from '../onnx_model.ts';
import { attributeOf, refusal } from './onnx_reader.ts';

/** The loss of classes: −log of the probability that the softmax of the scores gives to the label. */
const lossOperator = 'SoftmaxCrossEntropyLoss';

export interface GraphWithLoss {
  /** Without the loss and its labels. */
  readonly graph: OnnxGraph;
  /** What the loss measures, where there is one. */
  readonly scores: string | undefined;
}

/** @throws {InputError} if there are several, or one that is weighted or no mean. */
export function takeLoss(graph: OnnxGraph): GraphWithLoss {
  const [loss, another] = graph.nodes.filter(({ opType }) => opType === lossOperator);
  if (loss === undefined) return { graph, scores: undefined };
  if (another !== undefined) throw refusal(another, 'a second loss, expected one at most');
  const [scores = '', labels = '', weights = ''] = loss.inputs;
  if (!graph.inputs.some(({ name }) => name === labels)) {
    throw refusal(loss, `its labels ${labels} are computed, expected an input of the model`);
  }
  if (weights !== '') throw refusal(loss, 'weights of classes are not supported');
  requireMean(loss);
  const isLoss = ({ name }: { readonly name: string }) => loss.outputs.includes(name);
  const outputs = graph.outputs.filter((output) => !isLoss(output));
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.filter((node) => node !== loss),
      inputs: graph.inputs.filter(({ name }) => name !== labels),
      outputs: outputs.length > 0 ? outputs : [{ name: scores, type: 'f32', shape: [] }],
    },
    scores,
  };
}

function requireMean(loss: OnnxNode): void {
  const reduction = attributeOf(loss, 'reduction', 'text', 'mean');
  if (reduction !== 'mean') throw refusal(loss, `reduction ${reduction}, expected mean`);
  // PyTorch writes −100, which no label is.
  const ignored = attributeOf(loss, 'ignore_index', 'int', -1);
  if (ignored >= 0)
    throw new InputError(`operator ${lossOperator}: labels that count nothing (${ignored}) are not supported`);
}
