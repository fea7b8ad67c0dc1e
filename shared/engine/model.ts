// A graph made into a model: ops found, attributes parsed, shapes inferred, parameters laid out. Everything that can be
// wrong with a graph is found here.

import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { type Graph, type GraphNode, parseGraph } from './graph.ts';
import { builtInOps, findOp, type OpRegistry } from './op_registry.ts';
import type { OpNode, Tensor } from './ops/op.ts';
import type { Initializer, ParameterAttributes } from './ops/parameter.ts';
import type { StateAttributes } from './ops/state.ts';
import { elementsOf } from './shape.ts';
import type { StateUpdate } from './state_updates.ts';
import { anySum, type SumRange } from './sum_range.ts';

/** A tensor that lies in the flat vectors: of parameters, and of gradients or contributions. */
interface FlatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat vectors. */
  readonly offset: number;
  readonly elements: number;
  readonly initializer: Initializer;
}

/** A tensor that the optimizer trains. */
export interface ParameterTensor extends FlatTensor {
  readonly kind: 'parameter';
}

/** A running statistic: updated after each step, by its own rule, from the mean of what the step's samples contributed. */
export interface StateTensor extends FlatTensor {
  readonly kind: 'state';
  readonly update: StateUpdate;
}

/** How the flat vectors are laid out: dense, the parameters in the order of the graph, then the states. */
export interface ParameterLayout {
  readonly tensors: readonly (ParameterTensor | StateTensor)[];
  /** Elements of the parameters: what the optimizer sees. */
  readonly trainable: number;
  /** Elements of parameters and states. */
  readonly total: number;
}

export interface Model {
  readonly inputs: readonly Tensor[];
  readonly nodes: readonly OpNode[];
  readonly loss: OpNode;
  readonly metrics: readonly { readonly name: string; readonly node: OpNode }[];
  readonly prediction: Tensor;
  readonly layout: ParameterLayout;
}

/** @throws {InputError} naming the node, what it expected and what it found. */
export function buildModel(given: Graph, ops: OpRegistry = builtInOps): Model {
  // A graph built by hand may hold what its type does not exclude: two nodes of one name, an earlier use of a later one.
  const graph = parseGraph(given);
  const tensors = new Map<string, Tensor>();
  const inputs = graph.inputs.map(
    ({ name, type, shape }): Tensor => ({ name, type, shape, kind: 'batch', node: undefined }),
  );
  for (const input of inputs) tensors.set(input.name, input);
  const nodes = graph.nodes.map((node) => {
    const built = buildNode(node, tensors, ops);
    tensors.set(node.name, built.output);
    return built;
  });
  const layout = layOut(nodes);
  if (layout.trainable === 0) throw new InputError('graph: has no parameter: there is nothing to train');
  const nodeNamed = (name: string, role: string): OpNode => {
    const node = tensors.get(name)?.node;
    if (node?.output.kind !== 'sum') throw new InputError(`graph: ${role} is ${name}, expected a loss or metric node`);
    return node;
  };
  const prediction = tensors.get(graph.prediction);
  if (prediction?.kind !== 'batch' || prediction.type !== 'f32')
    throw new InputError(`graph: prediction is ${graph.prediction}, expected an f32 tensor of each sample`);
  const loss = nodeNamed(graph.loss, 'loss');
  if (loss.op.gradient === undefined)
    throw new InputError(`graph: loss is ${loss.name}, but ${loss.op.name} has no gradient`);
  const metrics = Object.entries(graph.metrics).map(([name, node]) => ({
    name,
    node: nodeNamed(node, `metric ${name}`),
  }));
  return { inputs, nodes, loss, metrics, prediction, layout };
}

/** What the sums that a graph gives can be. */
export interface SumRanges {
  readonly loss: SumRange;
  /** By name. */
  readonly metrics: ReadonlyMap<string, SumRange>;
}

/** @throws {InputError} as `buildModel`. */
export function sumRanges(graph: Graph): SumRanges {
  const { loss, metrics } = buildModel(graph);
  const rangeOf = (node: OpNode) => node.op.sumRange?.(node) ?? anySum;
  return { loss: rangeOf(loss), metrics: new Map(metrics.map(({ name, node }) => [name, rangeOf(node)])) };
}

/** A node with its shape inferred from those of `tensors`. @throws {InputError} naming the node. */
export function buildNode(node: GraphNode, tensors: ReadonlyMap<string, Tensor>, ops = builtInOps): OpNode {
  const op = findOp(node.op, node.name, ops);
  const parsed = v.safeParse(op.attributes, node.attributes ?? {});
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InputError(`node ${node.name} (${node.op}): ${v.getDotPath(issue) ?? 'attributes'}: ${issue.message}`);
  }
  const inputs = node.inputs.map((name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new InputError(`node ${node.name} uses ${name}, which is not an earlier node or an input`);
    return tensor;
  });
  const output: { -readonly [key in keyof Tensor]: Tensor[key] } = {
    ...op.infer(inputs, parsed.output, node.name),
    name: node.name,
    node: undefined,
  };
  const built: OpNode = { name: node.name, op, inputs, attributes: parsed.output, output };
  output.node = built;
  return built;
}

function layOut(nodes: readonly OpNode[]): ParameterLayout {
  const tensors: (ParameterTensor | StateTensor)[] = [];
  let total = 0;
  const place = ({ name, output: { shape } }: OpNode) => {
    const [offset, elements] = [total, elementsOf(shape)];
    total += elements;
    return { name, shape, offset, elements };
  };
  for (const node of nodes.filter(({ output }) => output.kind === 'parameter')) {
    const { initializer } = node.attributes as ParameterAttributes;
    tensors.push({ kind: 'parameter', ...place(node), initializer });
  }
  const trainable = total;
  for (const node of nodes.filter(({ output }) => output.kind === 'state')) {
    const { initial, update } = node.attributes as StateAttributes;
    tensors.push({ kind: 'state', ...place(node), initializer: { kind: 'constant', value: initial }, update });
  }
  return { tensors, trainable, total };
}
